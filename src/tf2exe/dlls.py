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
from typing import TYPE_CHECKING

from tf2exe import knowledge, pe
from tf2exe.errors import LibraryError
from tf2exe.libraries import Library, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PACKAGES = "lib/packages"
LATER = "asked for only once they are used"
EDITIONS = "some editions of Windows lack them (N, servers)"
NOT_HERE = "what asks for them does not load on this machine either"


@dataclass(frozen=True)
class Missing:
    """A library that is neither part of Windows nor in the build where the loader finds it.

    Attributes:
        name: the library.
        asked_by: the files of the build that ask for it.
        delayed: they ask only once they use it: they can be loaded without.
        elsewhere: where in the build it is, but is not looked for.
    """

    name: str
    asked_by: tuple[str, ...]
    delayed: bool
    elsewhere: tuple[str, ...]

    def __str__(self) -> str:
        there = f"; it is in {self.elsewhere[0]}, where nobody looks" if self.elsewhere else ""
        return f"{self.name} (asked for by {some(self.asked_by)}{there})"


def is_of_windows(library: str) -> bool:
    """Whether every Windows brings it."""
    return any(fnmatchcase(library.lower(), name) for name in knowledge.windows_libraries())


def is_of_most_windows(library: str) -> bool:
    """Whether every Windows brings it but for some editions."""
    return any(fnmatchcase(library.lower(), name) for name in knowledge.libraries_of_most_windows())


def is_here(library: str) -> bool:
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
            if library in found or library in missing or is_of_windows(library):
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


def of_this_python(
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


def check(folder: Path, allowed: Iterable[str] = (), *, sampled: bool = False) -> tuple[Missing, ...]:
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

    def is_fatal(library: Missing) -> bool:
        if library.delayed or is_of_most_windows(library.name):
            return False
        return not sampled or bool(library.elsewhere) or is_here(library.name)

    optional = (name for p in knowledge.packages() for rule in p.optional_libraries for name in rule.names)
    patterns = [name.lower() for name in (*allowed, *optional)]
    found = [m for m in missing(folder) if not any(fnmatchcase(m.name, name) for name in patterns)]
    if fatal := [library for library in found if is_fatal(library)]:
        raise LibraryError(
            "the build lacks native libraries that Windows does not have either",
            ", ".join(map(str, fatal)),
            "install what brings them (`pip install msvc-runtime` has those of Visual C++), or, where "
            "nothing that you use asks for them, name them in `allow-missing`",
        )
    return tuple(found)


def told(found: Iterable[Missing]) -> list[str]:
    """What a build says of libraries that are missing and need not be there."""
    groups: dict[str, list[Missing]] = {LATER: [], EDITIONS: [], NOT_HERE: []}
    for library in found:
        kind = LATER if library.delayed else EDITIONS if is_of_most_windows(library.name) else NOT_HERE
        groups[kind].append(library)
    return [
        f"not in the build: {some([str(library) for library in libraries])}; {why}"
        for why, libraries in groups.items()
        if libraries
    ]


def missing(folder: Path) -> tuple[Missing, ...]:
    """Every library that a file of a folder asks for and that the loader would not find."""
    programs = [binary for path in folder.glob("*.exe") if (binary := pe.read(path))]
    architectures = {binary.architecture for binary in programs}
    if not programs:
        return ()  # no build for Windows
    files = {
        path.relative_to(folder).as_posix(): binary
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in pe.SUFFIXES and (binary := pe.read(path))
    }
    places = _by_name(files)
    asked: dict[tuple[str, bool], list[str]] = {}
    for name, binary in files.items():
        if binary.architecture not in architectures:
            continue  # a program for other machines: nothing here loads it
        for library in (*binary.needed, *binary.delayed):
            if not is_of_windows(library) and not _is_found(name, places.get(library, ())):
                asked.setdefault((library, library not in binary.needed), []).append(name)
    return tuple(
        Missing(library, tuple(who), delayed, tuple(places.get(library, ())))
        for (library, delayed), who in sorted(asked.items())
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
    return path.relative_to(PACKAGES).parts[0] if path.is_relative_to(PACKAGES) else ""
