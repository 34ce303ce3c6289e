"""What a spec names, looked up without importing it: installed packages, and the program's own modules."""

from __future__ import annotations

from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from tf2exe.distributions import Installed
from tf2exe.imports import is_standard

if TYPE_CHECKING:
    from pathlib import Path


class Packages:
    """The packages of this Python and the modules of the program.

    Args:
        roots: the folders in which the program's own modules are found.
    """

    def __init__(self, roots: list[Path]) -> None:
        self.roots = roots

    @cached_property
    def installed(self) -> Installed:
        """Read when it is first asked for: that takes a moment."""
        return Installed()

    def own(self, name: str) -> Path | None:
        """The file or folder of a module of the program."""
        for root in self.roots:
            path = root.joinpath(*name.split("."))
            if path.is_dir():
                return path
            if path.with_suffix(".py").is_file():
                return path.with_suffix(".py")
        return None

    def own_submodules(self, name: str) -> list[str]:
        """A package of the program with all modules in it."""
        place = self.own(name)
        if place is None or not place.is_dir():
            return [name]
        found = [name] if (place / "__init__.py").is_file() else []
        for file in sorted(place.rglob("*.py")):
            parts = file.relative_to(place).with_suffix("").parts
            if parts[-1] in ("__init__", "__main__"):
                parts = parts[:-1]
            if parts and all(part.isidentifier() for part in parts):
                found.append(".".join((name, *parts)))
        return list(dict.fromkeys(found))

    def kind(self, name: str) -> str:
        """``own``, ``standard``, ``installed`` or nothing."""
        if self.own(name) is not None:
            return "own"
        if is_standard(name):
            return "standard"
        return "installed" if self.installed.of_module(name) else ""

    def module_of(self, distribution: str) -> str | None:
        """A module that a distribution brings; a distribution may be called otherwise than its package."""
        wanted = canonicalize_name(distribution)
        tops = [
            top
            for top, names in metadata.packages_distributions().items()
            if wanted in {canonicalize_name(name) for name in names} and top.isidentifier()
        ]
        public = [top for top in tops if not top.startswith("_")]
        return min(public or tops, key=len, default=None)

    def owner_of(self, file: Path) -> str | None:
        """The module of the distribution that a file belongs to."""
        name = self.installed.owner.get(file.as_posix())
        if name is None and file.is_dir():
            start = f"{file.as_posix()}/"
            name = next((o for path, o in self.installed.owner.items() if path.startswith(start)), None)
        return self.module_of(name) if name else None
