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

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tf2exe import elf, knowledge
from tf2exe.process import capture

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
class Wanted:
    """What an ELF file asks of the loader."""

    needed: tuple[str, ...]
    search: tuple[str, ...]


@cache
def wanted(path: Path) -> Wanted | None:
    """The libraries that an ELF file needs and where it looks for them; None for other files."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                return None
            # Segments, not sections: a library has a dozen of them, and the loader reads them too.
            segments = ELFFile(file).iter_segments("PT_DYNAMIC")
            tags = [tag for segment in segments for tag in segment.iter_tags()]
    except (OSError, ELFError):
        return None
    needed = tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED")
    search = [
        tag.runpath if tag.entry.d_tag == "DT_RUNPATH" else tag.rpath
        for tag in tags
        if tag.entry.d_tag in ("DT_RUNPATH", "DT_RPATH")
    ]
    return Wanted(needed, tuple(part for text in search for part in text.split(":") if part))


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
    machine = knowledge.platform().system_libraries
    found: dict[str, Library] = {}
    missing: dict[str, str] = {}
    while waiting:
        path, name = waiting.pop()
        facts = wanted(path)
        for library in facts.needed if facts else ():
            if library in carried or library in machine or library in found or library in missing:
                continue
            place = _find(library, path, facts.search if facts else ())
            if place is None:
                missing[library] = name
            else:
                found[library] = Library(library, place, f"{name} needs it")
                waiting.append((place, library))
    return tuple(found[key] for key in sorted(found)), tuple(sorted(missing.items()))


def some(texts: Sequence[str]) -> str:
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
    return [path for name, path in _loader_cache().items() if name in knowledge.platform().system_libraries]


@cache
def _loader_cache() -> dict[str, Path]:
    """What `ldconfig -p` lists for this machine's word size."""
    for command in ("ldconfig", "/sbin/ldconfig"):
        if shutil.which(command) is None:
            continue
        text = capture([command, "-p"], cwd=Path("/"), env=os.environ).stdout.decode(errors="replace")
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


def glibc_floor(files: Iterable[Path]) -> str:
    """The newest glibc version that any ELF file among these asks for; empty: none does."""
    newest: tuple[int, ...] = ()
    for path in files:
        if ".so" in path.name or not path.suffix:
            with path.open("rb") as stream:
                newest = max([newest, *map(elf.glibc_version, elf.versions(stream))])
    return ".".join(map(str, newest))


def glibc_compat_libraries(names: Iterable[str]) -> list[str]:
    """Linker options for libraries that are empty in newer glibcs and that older ones need."""
    found = [str(_loader_cache()[name]) for name in names if name in _loader_cache()]
    return ["-Wl,--no-as-needed", *found, "-Wl,--as-needed"] if found else []
