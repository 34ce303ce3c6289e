"""The installed distributions: their files, and the owner of each file and module."""

from __future__ import annotations

import csv
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name


class Installed:
    """The distributions of this Python.

    Attributes:
        by_name: the distributions, by canonical name.
        owner: the distribution of each file, by absolute path with forward slashes.
        tops: the distributions that have a top-level module.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, metadata.Distribution] = {}
        self.owner: dict[str, str] = {}
        self.tops: dict[str, set[str]] = {}
        self._files: dict[str, tuple[str, ...]] = {}
        for distribution in metadata.distributions():
            name = canonicalize_name(distribution.metadata["Name"] or "")
            if not name or name in self.by_name:
                continue
            self.by_name[name] = distribution
            base = str(distribution.locate_file("")).rstrip("/\\")
            self._files[name] = _listed(distribution)
            for text in self._files[name]:
                self.owner[f"{base}/{text}"] = name
                top = text.partition("/")[0]
                self.tops.setdefault(top.partition(".")[0] if "/" not in text else top, set()).add(name)

    def of_module(self, module: str) -> str | None:
        """The distribution that has a module; in namespace packages the longest match."""
        candidates = self.tops.get(module.partition(".")[0], set())
        if len(candidates) <= 1:
            return next(iter(candidates), None)
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            path = "/".join(parts[:length])
            for name in sorted(candidates):
                base = str(self.by_name[name].locate_file("")).rstrip("/\\")
                endings = (f"{path}.py", f"{path}/__init__.py")
                if any(self.owner.get(f"{base}/{ending}") == name for ending in endings):
                    return name
        return None

    def files(self, name: str) -> tuple[Path, tuple[str, ...]]:
        """A distribution's base folder and its files, without cached bytecode and scripts."""
        distribution = self.by_name[name]
        kept = sorted({text for text in self._files[name] if "__pycache__/" not in text})
        return Path(str(distribution.locate_file(""))), tuple(kept)


def _listed(distribution: metadata.Distribution) -> tuple[str, ...]:
    """The files below the base folder, read from RECORD.

    `Distribution.files` would make a path object for each of TensorFlow's 17,000 files.
    """
    record = distribution.read_text("RECORD")
    if record is None:
        texts = [str(file) for file in distribution.files or ()]
    else:
        texts = [row[0] for row in csv.reader(record.splitlines()) if row]
    texts = [text.replace("\\", "/") for text in texts]
    return tuple(text for text in texts if not text.startswith("../"))
