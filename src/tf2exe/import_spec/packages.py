"""InstalledDistributions packages and the program's own modules, found by name without importing them."""

from __future__ import annotations

import os
import sysconfig
from functools import cached_property
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from tf2exe.analysis.imported_names import is_standard
from tf2exe.analysis.installed import InstalledDistributions
from tf2exe.knowledge import package_rules

STANDARD = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))


class Packages:
    """The packages of this Python and the modules of the program.

    Args:
        roots: the folders in which the program's own modules are found.
    """

    def __init__(self, roots: list[Path]) -> None:
        self.roots = roots

    @cached_property
    def installed(self) -> InstalledDistributions:
        """Reading them takes a moment, and many spec files name none."""
        return InstalledDistributions()

    @cached_property
    def modules(self) -> dict[str, str]:
        """The shortest public module of each distribution."""
        found: dict[str, list[str]] = {}
        for top, names in metadata.packages_distributions().items():
            for name in names if top.isidentifier() else ():
                found.setdefault(canonicalize_name(name), []).append(top)
        return {name: min(tops, key=lambda top: (top[0] == "_", len(top))) for name, tops in found.items()}

    @cached_property
    def optional(self) -> set[str]:
        """The parts of the standard library that are bundled only if they are imported."""
        return {
            name
            for package in package_rules.read_for("python")
            for rule in package.exclude
            for name in rule.condition.unless_imported
        }

    def kind(self, name: str) -> str:
        """``own``, ``standard``, ``optional`` (standard, not always bundled), ``installed`` or nothing."""
        paths = [root.joinpath(*name.split(".")) for root in self.roots]
        if any(path.is_dir() or path.with_name(f"{path.name}.py").is_file() for path in paths):
            return "own"
        if is_standard(name):
            return "optional" if name.partition(".")[0] in self.optional else "standard"
        return "installed" if self.installed.owner_of_module(name) else ""

    @cached_property
    def owners(self) -> dict[str, str]:
        """The distribution of each file, by its path with forward slashes."""
        return {path.replace(os.sep, "/"): name for path, name in self.installed.owner.items()}

    def owner_of(self, file: Path) -> str | None:
        """The module of the distribution that a file belongs to; ``""``: the standard library."""
        name = self.owners.get(file.as_posix())
        if name is None and any(file.is_relative_to(folder) for folder in STANDARD):
            return None if "site-packages" in file.parts else ""
        return self.modules.get(name or "")
