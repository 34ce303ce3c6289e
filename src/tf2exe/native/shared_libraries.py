"""Finds the shared libraries that bundled files need on Linux, and the glibc version that they require."""

from __future__ import annotations

import os
import re
import shutil
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.knowledge.platforms import read_glibc_libraries
from tf2exe.native import elf, elf_versions
from tf2exe.native.elf import ElfError
from tf2exe.system import host
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_SHOWN = 3


@dataclass(frozen=True)
class BundledLibrary:
    """A native library of this machine that is bundled.

    Attributes:
        name: the name by which other files link to it.
        path: the file on this machine.
        reason: the file that needs it.
    """

    name: str
    path: Path
    reason: str

    @property
    def destination(self) -> str:
        """Its path in the build: in `lib/`; a DLL is in the executable's folder, which Windows searches."""
        return self.name if self.name.endswith(".dll") else f"lib/{self.name}"


@dataclass(frozen=True)
class Needed:
    """The libraries that an ELF file links to, and the folders of its RUNPATH or RPATH."""

    libraries: tuple[str, ...]
    search_path: tuple[str, ...]


def read_needed(path: Path) -> Needed | None:
    """The dependencies of an ELF file; None for other files. Not cached, because a build rewrites files."""
    try:
        with elf.opened(path) as file:
            return Needed(file.needed, file.search_path)
    except (OSError, ElfError):
        return None


def find_system_libraries(
    files: Iterable[tuple[Path, str]],
) -> tuple[tuple[BundledLibrary, ...], tuple[tuple[str, str], ...]]:
    """Finds the libraries of this machine that bundled files need, directly or indirectly.

    Args:
        files: the bundled native files, each with its path in the build.

    Returns:
        The libraries to bundle, and the ones that this machine lacks, as pairs (library, importing file).
    """
    queue = list(files)
    bundled = {Path(name).name for _, name in queue}
    excluded = read_glibc_libraries()
    found: dict[str, BundledLibrary] = {}
    missing: dict[str, str] = {}
    while queue:
        path, name = queue.pop()
        needed = read_needed(path)
        for library in needed.libraries if needed else ():
            if library in bundled or library in excluded or library in found or library in missing:
                continue
            file = _find(library, path, needed.search_path if needed else ())
            if file is None:
                missing[library] = name
            else:
                found[library] = BundledLibrary(library, file, f"{name} needs it")
                queue.append((file, library))
    return tuple(found[key] for key in sorted(found)), tuple(sorted(missing.items()))


def abbreviate(texts: Sequence[str]) -> str:
    """The first texts, and the number of the others."""
    more = len(texts) - MAX_SHOWN
    return ", ".join(texts[:MAX_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _find(library: str, importer: Path, search_path: tuple[str, ...]) -> Path | None:
    for folder in search_path:
        origin = str(importer.parent)
        file = Path(folder.replace("$ORIGIN", origin).replace("${ORIGIN}", origin)) / library
        if file.is_file():
            return file.resolve()
    base = Path(sysconfig.get_config_var("LIBDIR") or "/") / library
    if base.is_file():
        return base.resolve()
    return _loader_cache().get(library)


def find_host_libraries() -> list[Path]:
    """The libraries of this machine that are never bundled, such as those of glibc."""
    if host.IS_WINDOWS:
        return []
    return [path for name, path in _loader_cache().items() if name in read_glibc_libraries()]


@cache
def _loader_cache() -> dict[str, Path]:
    """The libraries that `ldconfig -p` lists, by name; only 64-bit ones."""
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
    """The file of libpython, and whether it is shared; None if this Python has none. Prefers a shared one."""
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
    """The oldest glibc version with which all these files run; empty if none requires glibc."""
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
    """Linker options for libraries that newer glibcs keep for compatibility only, but older ones need."""
    found = [str(_loader_cache()[name]) for name in names if name in _loader_cache()]
    return ["-Wl,--no-as-needed", *found, "-Wl,--as-needed"] if found else []
