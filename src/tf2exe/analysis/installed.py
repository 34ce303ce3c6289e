"""The installed distributions: their files, and the owner of each file and module."""

from __future__ import annotations

import csv
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name


class InstalledDistributions:
    """The distributions of this Python.

    Attributes:
        by_name: the distributions, by canonical name.
        owner: the distribution of each file, by absolute path with forward slashes.
        by_top_level: the distributions that have a top-level module, by its name.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, metadata.Distribution] = {}
        self.owner: dict[str, str] = {}
        self.by_top_level: dict[str, set[str]] = {}
        self._files: dict[str, tuple[str, ...]] = {}
        for distribution in metadata.distributions():
            name = canonicalize_name(distribution.metadata["Name"] or "")
            if name and name not in self.by_name:
                self._add(name, distribution)

    def _add(self, name: str, distribution: metadata.Distribution) -> None:
        self.by_name[name] = distribution
        self._files[name] = _read_files(distribution)
        base = _base_folder(distribution)
        for file in self._files[name]:
            self.owner[f"{base}/{file}"] = name
            first, slash, _ = file.partition("/")
            top = first if slash else first.partition(".")[0]
            self.by_top_level.setdefault(top, set()).add(name)

    def owner_of_module(self, module: str) -> str | None:
        """The distribution that has a module; in namespace packages the one with the longest match."""
        candidates = self.by_top_level.get(module.partition(".")[0], set())
        if len(candidates) <= 1:
            return next(iter(candidates), None)
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            path = "/".join(parts[:length])
            for name in sorted(candidates):
                base = _base_folder(self.by_name[name])
                endings = (f"{path}.py", f"{path}/__init__.py")
                if any(self.owner.get(f"{base}/{ending}") == name for ending in endings):
                    return name
        return None

    def files(self, name: str) -> tuple[Path, tuple[str, ...]]:
        """A distribution's base folder and its files, without cached bytecode and scripts."""
        distribution = self.by_name[name]
        kept = sorted({file for file in self._files[name] if "__pycache__/" not in file})
        return Path(str(distribution.locate_file(""))), tuple(kept)


def _base_folder(distribution: metadata.Distribution) -> str:
    return str(distribution.locate_file("")).rstrip("/\\")


def _read_files(distribution: metadata.Distribution) -> tuple[str, ...]:
    """Reads the names of the files below the base folder from RECORD, with forward slashes.

    `Distribution.files` would create a path object for each of TensorFlow's 17,000 files.
    """
    record = distribution.read_text("RECORD")
    if record is None:
        files = [str(file) for file in distribution.files or ()]
    else:
        files = [row[0] for row in csv.reader(record.splitlines()) if row]
    files = [file.replace("\\", "/") for file in files]
    return tuple(file for file in files if not file.startswith("../"))
