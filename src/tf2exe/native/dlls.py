"""Windows libraries (DLLs): which does a build need, where are they here, and does it have them all?

Where the loader looks when Python loads a module: the module's own folder, the executable's, the folders that
a package names itself (`os.add_dll_directory`), and Windows. What was loaded once is found again by its name.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from tf2exe import layout
from tf2exe.errors import LibraryError
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.platforms import read_most_editions_libraries, read_windows_libraries
from tf2exe.native import pe
from tf2exe.native.shared_libraries import Library, abbreviate

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from tf2exe.knowledge.platforms import WindowsLibrary

LATER = "loaded only when a function of it is called"
EDITIONS = "some editions of Windows lack it (N, Server)"
NOT_HERE = "what needs it does not load on this machine either"


class Imports(Protocol):
    """What a native file imports."""

    @property
    def architecture(self) -> str:
        """The processor."""

    @property
    def needed(self) -> tuple[str, ...]:
        """Libraries without which it cannot be loaded, in lower case."""

    @property
    def delayed(self) -> tuple[str, ...]:
        """Libraries that are loaded when it first calls them, in lower case."""


@dataclass(frozen=True)
class External:
    """A library that is not in the build where the loader looks for it.

    Attributes:
        name: the library.
        importers: the files of the build that import it.
        delayed: it is loaded when they first call it: they can be loaded without it.
        elsewhere: where else in the build it is.
    """

    name: str
    importers: tuple[str, ...]
    delayed: bool
    elsewhere: tuple[str, ...]

    def __str__(self) -> str:
        there = f"; it is in {self.elsewhere[0]}, where Windows does not look" if self.elsewhere else ""
        return f"{self.name} (needed by {abbreviate(self.importers)}{there})"


def of_windows(library: str) -> WindowsLibrary | None:
    """What is known of a library that every supported Windows has; None: it is another one."""
    return _first(library, read_windows_libraries())


def in_most_windows_editions(library: str) -> WindowsLibrary | None:
    """What is known of a library that some editions of Windows lack; None: it is another one."""
    return _first(library, read_most_editions_libraries())


def _first(library: str, known: Iterable[WindowsLibrary]) -> WindowsLibrary | None:
    return next((entry for entry in known if fnmatchcase(library.lower(), entry.name)), None)


def optional_reason(library: str) -> str:
    """Why the package that imports a library works without it; empty: no package is known to."""
    rules = (rule for package in package_rules.read_all() for rule in package.optional_libraries)
    return next((r.reason for r in rules if any(fnmatchcase(library, n.lower()) for n in r.names)), "")


def on_host(library: str) -> bool:
    """Whether Python finds it on this machine, outside of packages."""
    system = Path(os.environ.get("SYSTEMROOT", "C:\\Windows")) / "System32"
    path = filter(None, os.environ.get("PATH", "").split(os.pathsep))
    places = (Path(sys.base_prefix), Path(sys.prefix), system, *map(Path, path))
    return any((place / library).is_file() for place in places)


def find(
    files: Iterable[tuple[Path, str]], places: Sequence[Path]
) -> tuple[tuple[Library, ...], tuple[tuple[str, str], ...]]:
    """Libraries of this machine that travel beside the executable, because files of the build ask for them.

    Args:
        files: carried native files, each with its name inside the build.
        places: folders of Python and of the Visual C++ runtime; of several the newest version is taken, with
            which older programs work, too.

    Returns:
        the libraries to carry, and those that are not here at all: (library, who asks for it).
    """
    waiting = list(files)
    carried = _by_name(name for _, name in waiting)
    found: dict[str, Library] = {}
    missing: dict[str, str] = {}
    while waiting:
        path, name = waiting.pop()
        binary = pe.read(path)
        for library in (*binary.needed, *binary.delayed) if binary else ():
            if library in found or library in missing or of_windows(library):
                continue
            if _is_found(name, carried.get(library, ())):
                continue
            place = newest(library, places)
            if place is not None:
                found[library] = Library(library, place, f"{name} needs it")
                waiting.append((place, library))
            elif binary is not None and library in binary.needed:
                missing[library] = name
    return tuple(found[key] for key in sorted(found)), tuple(sorted(missing.items()))


def python_dlls(
    files: Iterable[tuple[Path, str]],
) -> tuple[tuple[Library, ...], tuple[tuple[str, str], ...]]:
    """The interpreter, and the libraries that it and the carried files need; what is not here, as in find."""
    base = Path(sys.base_prefix)
    interpreter = f"python{sys.version_info.major}{sys.version_info.minor}.dll"
    own = Library(interpreter, base / interpreter, "the interpreter")
    found, missing = find([*files, (own.path, own.name)], (base, Path(sys.prefix)))
    return (own, *found), missing


def newest(library: str, places: Sequence[Path]) -> Path | None:
    """The file of that name with the highest version; the first of equal ones."""
    files = [place / library for place in places if (place / library).is_file()]
    versions = {file: binary.version for file in files if (binary := pe.read(file))}
    return max(versions, key=lambda file: versions[file], default=None)


def check(folder: Path, allowed: Iterable[str] = (), *, sampled: bool = False) -> tuple[External, ...]:
    """Looks whether a standalone folder has every library that is asked for in it.

    Args:
        folder: what starts as it is.
        allowed: names, with wildcards, of what may be missing, besides what is known of packages.
        sampled: whether the program has run here. What is not on this machine either, it has then done
            without: files that ask for it (a plug-in for a database) do not load in Python.

    Returns:
        what is missing and need not be there: asked for only when it is used, not here either, or brought by
        every Windows but some editions.

    Raises:
        LibraryError: what is asked for otherwise is missing.
    """

    def is_fatal(library: External) -> bool:
        if library.delayed or in_most_windows_editions(library.name):
            return False
        return not sampled or bool(library.elsewhere) or on_host(library.name)

    patterns = [name.lower() for name in allowed]
    found = [
        library
        for library in missing(folder)
        if not optional_reason(library.name) and not any(fnmatchcase(library.name, name) for name in patterns)
    ]
    if fatal := [library for library in found if is_fatal(library)]:
        raise LibraryError(
            "native libraries are missing that Windows does not have either",
            ", ".join(map(str, fatal)),
            "install the package that has them (`pip install msvc-runtime` for those of Visual C++), or, "
            "if your program does not use them, list them in `allow-missing`",
        )
    return tuple(found)


def report_missing(found: Iterable[External]) -> list[str]:
    """One line for each kind of library that is not bundled and need not be."""
    groups: dict[str, list[External]] = {LATER: [], EDITIONS: [], NOT_HERE: []}
    for library in found:
        kind = LATER if library.delayed else EDITIONS if in_most_windows_editions(library.name) else NOT_HERE
        groups[kind].append(library)
    return [
        f"not bundled: {abbreviate([str(library) for library in libraries])}; {why}"
        for why, libraries in groups.items()
        if libraries
    ]


def missing(folder: Path) -> tuple[External, ...]:
    """Every library that a file of a folder imports, and that is neither part of Windows nor found there."""
    programs = [binary for path in folder.glob("*.exe") if (binary := pe.read(path))]
    if not programs:
        return ()  # not a build for Windows
    files = {
        path.relative_to(folder).as_posix(): binary
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in pe.SUFFIXES and (binary := pe.read(path))
    }
    found = external(files, {binary.architecture for binary in programs})
    return tuple(library for library in found if not of_windows(library.name))


def external(files: Mapping[str, Imports], architectures: Container[str]) -> tuple[External, ...]:
    """Every library that a file of a build imports and that the loader does not find in the build.

    Args:
        files: the native files of the build, by their name in it.
        architectures: of its programs; nothing loads the files of others.
    """
    places = _by_name(files)
    importers: dict[tuple[str, bool], list[str]] = {}
    for name, binary in files.items():
        if binary.architecture not in architectures:
            continue
        for library in (*binary.needed, *binary.delayed):
            if not _is_found(name, places.get(library, ())):
                importers.setdefault((library, library not in binary.needed), []).append(name)
    return tuple(
        External(library, tuple(who), delayed, tuple(places.get(library, ())))
        for (library, delayed), who in sorted(importers.items())
    )


def _by_name(files: Iterable[str]) -> dict[str, list[str]]:
    """The files of each name, as Windows compares names."""
    found: dict[str, list[str]] = {}
    for file in files:
        found.setdefault(PurePosixPath(file).name.lower(), []).append(file)
    return found


def _is_found(asker: str, places: Iterable[str]) -> bool:
    """Whether the loader finds one of these files for that one.

    Inside a package that is its own affair, as it is in Python: it names folders, or loads libraries before
    others ask for them. The folders `NAME.libs` are made by delvewheel; the package NAME names its folder.
    """
    for place in map(PurePosixPath, places):
        folder = place.parent
        package = _package(place)
        if folder in {PurePosixPath(), PurePosixPath(asker).parent}:
            return True
        if package.endswith(".libs") or (package and package == _package(PurePosixPath(asker))):
            return True
    return False


def _package(path: PurePosixPath) -> str:
    """The folder of the packages that a file lies in; empty: it lies elsewhere."""
    return path.relative_to(layout.PACKAGES).parts[0] if path.is_relative_to(layout.PACKAGES) else ""
