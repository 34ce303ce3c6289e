"""Native libraries: which system libraries do the carried files need, and where are they here?"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.knowledge.platforms import read_platform
from tf2exe.native import elf, elf_versions
from tf2exe.native.elf import ElfError
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_SHOWN = 3


@dataclass(frozen=True)
class Library:
    """A native library of this machine that is carried.

    Attributes:
        name: the name under which it is asked for.
        path: the file.
        reason: who needs it.
    """

    name: str
    path: Path
    reason: str

    @property
    def place(self) -> str:
        """Where it travels: in `lib/`, or beside the executable, the only such place where Windows looks."""
        return self.name if self.name.endswith(".dll") else f"lib/{self.name}"


@dataclass(frozen=True)
class Needed:
    """The libraries that an ELF file links to, and the folders in which it looks for them."""

    libraries: tuple[str, ...]
    search: tuple[str, ...]


def read_needed(path: Path) -> Needed | None:
    """What an ELF file links to; None for other files. Not cached: a build rewrites files."""
    try:
        with elf.opened(path) as file:
            return Needed(file.needed, file.search)
    except (OSError, ElfError):
        return None


def system_libraries(
    files: Iterable[tuple[Path, str]],
) -> tuple[tuple[Library, ...], tuple[tuple[str, str], ...]]:
    """Libraries of the machine that the carried files need, directly or through each other.

    Args:
        files: carried native files, each with its name inside the build.

    Returns:
        the libraries to carry, and those that are not here at all: (library, who asks for it).
    """
    waiting = list(files)
    carried = {Path(name).name for _, name in waiting}
    machine = read_platform().system_libraries
    found: dict[str, Library] = {}
    missing: dict[str, str] = {}
    while waiting:
        path, name = waiting.pop()
        needed = read_needed(path)
        for library in needed.libraries if needed else ():
            if library in carried or library in machine or library in found or library in missing:
                continue
            place = _find(library, path, needed.search if needed else ())
            if place is None:
                missing[library] = name
            else:
                found[library] = Library(library, place, f"{name} needs it")
                waiting.append((place, library))
    return tuple(found[key] for key in sorted(found)), tuple(sorted(missing.items()))


def abbreviate(texts: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(texts) - MOST_SHOWN
    return ", ".join(texts[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _find(library: str, asker: Path, search: tuple[str, ...]) -> Path | None:
    for folder in search:
        place = (
            Path(folder.replace("$ORIGIN", str(asker.parent)).replace("${ORIGIN}", str(asker.parent)))
            / library
        )
        if place.is_file():
            return place.resolve()
    base = Path(sysconfig.get_config_var("LIBDIR") or "/") / library
    if base.is_file():
        return base.resolve()
    return _loader_cache().get(library)


def machine_libraries() -> list[Path]:
    """The libraries that are never carried, as far as this machine has them."""
    if sys.platform == "win32":
        return []
    return [path for name, path in _loader_cache().items() if name in read_platform().system_libraries]


@cache
def _loader_cache() -> dict[str, Path]:
    """What `ldconfig -p` lists for this machine's word size."""
    for command in ("ldconfig", "/sbin/ldconfig"):
        if shutil.which(command) is None:
            continue
        text = run_captured([command, "-p"], cwd=Path("/"), env=os.environ).stdout.decode(errors="replace")
        lines = re.findall(r"^\s+(\S+) \(([^)]*)\) => (\S+)$", text, re.MULTILINE)
        pairs = {
            name: Path(path) for name, kind, path in reversed(lines) if "x86-64" in kind or "AArch64" in kind
        }
        return {name: path.resolve() for name, path in pairs.items() if path.is_file()}
    return {}


def libpython() -> tuple[Path, bool] | None:
    """The interpreter as a library: (file, whether it is shared); shared is preferred; None: none."""
    directory = Path(sysconfig.get_config_var("LIBDIR") or "/")
    shared = directory / (sysconfig.get_config_var("INSTSONAME") or "-")
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and shared.is_file() and ".so" in shared.name:
        return shared, True
    multiarch = directory / (sysconfig.get_config_var("MULTIARCH") or "") / shared.name
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and multiarch.is_file() and ".so" in shared.name:
        return multiarch, True
    static = Path(sysconfig.get_config_var("LIBPL") or "/") / (sysconfig.get_config_var("LIBRARY") or "-")
    return (static, False) if static.is_file() else None


def minimum_glibc(files: Iterable[Path]) -> str:
    """The newest glibc version that any ELF file among these needs; empty: none does."""
    newest: tuple[int, ...] = ()
    for path in files:
        if ".so" in path.name or not path.suffix:
            newest = max([newest, *map(elf_versions.glibc_version, _version_names(path))])
    return ".".join(map(str, newest))


def _version_names(path: Path) -> list[str]:
    try:
        with elf.opened(path) as file:
            return file.version_names()
    except ElfError:
        return []


def glibc_compat_libraries(names: Iterable[str]) -> list[str]:
    """Linker options for libraries that are empty in newer glibcs and that older ones need."""
    found = [str(_loader_cache()[name]) for name in names if name in _loader_cache()]
    return ["-Wl,--no-as-needed", *found, "-Wl,--as-needed"] if found else []
