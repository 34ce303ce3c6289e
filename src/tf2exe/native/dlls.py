"""Windows libraries (DLLs): which ones a build needs, and where they are on this machine.

When Python loads a native module, Windows searches the module's folder, the executable's folder, the folders
that the package adds with `os.add_dll_directory`, and the system folder. A DLL that is already loaded
is found by its name. `missing_dlls.py` checks a finished build.
"""

from __future__ import annotations

import os
import sys
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.platforms import read_most_editions_libraries, read_windows_libraries
from tf2exe.native import pe
from tf2exe.native.shared_libraries import BundledLibrary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tf2exe.knowledge.platforms import WindowsLibrary


def in_windows(library: str) -> WindowsLibrary | None:
    """The entry of a library that every supported Windows has; None for other libraries."""
    return _first_match(library, read_windows_libraries())


def in_most_windows_editions(library: str) -> WindowsLibrary | None:
    """The entry of a library that some editions of Windows lack; None for other libraries."""
    return _first_match(library, read_most_editions_libraries())


def _first_match(library: str, entries: Iterable[WindowsLibrary]) -> WindowsLibrary | None:
    return next((entry for entry in entries if fnmatchcase(library.lower(), entry.name)), None)


def optional_reason(library: str) -> str:
    """The reason why the importing package works without a library; empty if no package rule says so."""
    rules = (rule for package in package_rules.read_all() for rule in package.optional_libraries)
    return next((r.reason for r in rules if any(fnmatchcase(library, n.lower()) for n in r.names)), "")


def on_host(library: str) -> bool:
    """Whether Python finds the library on this machine, outside of packages."""
    system = Path(os.environ.get("SYSTEMROOT", "C:\\Windows")) / "System32"
    path = filter(None, os.environ.get("PATH", "").split(os.pathsep))
    folders = (Path(sys.base_prefix), Path(sys.prefix), system, *map(Path, path))
    return any((folder / library).is_file() for folder in folders)


def find_dlls(
    files: Iterable[tuple[Path, str]], folders: Sequence[Path]
) -> tuple[tuple[BundledLibrary, ...], tuple[tuple[str, str], ...]]:
    """Finds the libraries of this machine that bundled files import.

    Args:
        files: the bundled native files, each with its path in the build.
        folders: the folders of Python and of the Visual C++ runtime. The newest copy of a library is used,
            because it also works for programs that were built with an older one.

    Returns:
        The libraries to bundle, and the ones that this machine lacks, as pairs (library, importing file).
    """
    queue = list(files)
    bundled = group_by_name(name for _, name in queue)
    found: dict[str, BundledLibrary] = {}
    missing: dict[str, str] = {}
    while queue:
        path, name = queue.pop()
        binary = pe.read_file(path)
        for library in (*binary.needed, *binary.delayed) if binary else ():
            if library in found or library in missing or in_windows(library):
                continue
            if is_found_by_loader(name, bundled.get(library, ())):
                continue
            copy = newest_copy(library, folders)
            if copy is not None:
                found[library] = BundledLibrary(library, copy, f"{name} needs it")
                queue.append((copy, library))
            elif binary is not None and library in binary.needed:
                missing[library] = name
    return tuple(found[key] for key in sorted(found)), tuple(sorted(missing.items()))


def python_dlls(
    files: Iterable[tuple[Path, str]],
) -> tuple[tuple[BundledLibrary, ...], tuple[tuple[str, str], ...]]:
    """The interpreter's DLL, and the libraries that it and the bundled files need (see :func:`find_dlls`)."""
    base = Path(sys.base_prefix)
    name = f"python{sys.version_info.major}{sys.version_info.minor}.dll"
    interpreter = BundledLibrary(name, base / name, "the interpreter")
    found, missing = find_dlls([*files, (interpreter.path, interpreter.name)], (base, Path(sys.prefix)))
    return (interpreter, *found), missing


def newest_copy(library: str, folders: Sequence[Path]) -> Path | None:
    """The copy with the highest file version; of equal versions, the one in the first folder."""
    files = [folder / library for folder in folders if (folder / library).is_file()]
    versions = {file: binary.version for file in files if (binary := pe.read_file(file))}
    return max(versions, key=lambda file: versions[file], default=None)


def group_by_name(files: Iterable[str]) -> dict[str, list[str]]:
    """Paths by file name in lower case, because Windows ignores case."""
    found: dict[str, list[str]] = {}
    for file in files:
        found.setdefault(PurePosixPath(file).name.lower(), []).append(file)
    return found


def is_found_by_loader(importer: str, candidates: Iterable[str]) -> bool:
    """Whether Windows finds one of these files when it loads the importing file.

    A file of the same package counts as found: the package adds the folder or loads the library beforehand,
    as it does in Python. delvewheel creates folders `NAME.libs`, which the package NAME adds.
    """
    for candidate in map(PurePosixPath, candidates):
        package = _package(candidate)
        if candidate.parent in {PurePosixPath(), PurePosixPath(importer).parent}:
            return True
        if package.endswith(".libs") or (package and package == _package(PurePosixPath(importer))):
            return True
    return False


def _package(path: PurePosixPath) -> str:
    """The top-level folder of a path in the packages' folder; empty for other paths."""
    return path.relative_to(layout.PACKAGES).parts[0] if path.is_relative_to(layout.PACKAGES) else ""
