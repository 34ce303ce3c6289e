"""Lists the contents of a folder in the order of the archive.

Similar files are adjacent, which compresses better. Bundled files come first, so that a change of the
application does not move them and their chunks stay the same.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.errors import PackageError
from tf2exe.onefile.archive_format import MAX_PATH_BYTES, ArchiveEntry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_BUNDLED = re.compile(r"lib/(?!(lib)?tf2exe)")
_LIBRARY = re.compile(r"\.(so(\.\d+)*|dll|pyd)$")
_BYTECODE = re.compile(r"(.*/)?__pycache__/([^/.]+)\.[^/]+\.pyc")


def scan_folder(folder: Path) -> list[ArchiveEntry]:
    """Lists a folder in the order of the index: folders (parents first), files, links.

    Raises:
        PackageError: the folder contains something that an archive cannot store.
    """
    entries = sorted(_walk(folder, ""), key=lambda entry: entry.path)
    folders = [entry for entry in entries if entry.kind == EntryKind.FOLDER]
    links = [entry for entry in entries if entry.kind == EntryKind.LINK]
    files = sorted((entry for entry in entries if entry.is_file), key=_sort_key)
    return folders + files + links


def is_bundled(path: str) -> bool:
    """Whether a path belongs to the standard library or to a bundled package, but not to tf2exe.

    These files change least between builds.
    """
    return _BUNDLED.match(path) is not None


def _sort_key(entry: ArchiveEntry) -> tuple[bool, str, str, bool, str]:
    """Bundled files first; then by type; a source before its bytecode, because they share names."""
    suffix, module = PurePosixPath(entry.path).suffix, entry.path
    bytecode, last_module = _BYTECODE.fullmatch(entry.path), layout.last_module(entry.path)
    if bytecode:
        suffix, module = ".py", f"{bytecode[1] or ''}{bytecode[2]}.py"
    elif last_module:
        suffix, module = ".py", last_module
    elif _LIBRARY.search(entry.path):
        suffix = ".so"
    return not is_bundled(entry.path), suffix, module, module != entry.path, entry.path


def _walk(folder: Path, inside: str) -> Iterator[ArchiveEntry]:
    with os.scandir(folder / inside) as items:
        for item in items:
            path = f"{inside}/{item.name}" if inside else item.name
            status = item.stat(follow_symlinks=False)
            if len(os.fsencode(path)) > MAX_PATH_BYTES:
                raise _unsupported(path, "its path is too long", "shorten it")
            if item.is_symlink():
                yield _link(path, os.fspath(Path(item.path).readlink()))
            elif item.is_dir():
                yield ArchiveEntry(path, EntryKind.FOLDER)
                yield from _walk(folder, path)
            elif stat.S_ISREG(status.st_mode):
                kind = EntryKind.EXECUTABLE if status.st_mode & 0o111 else EntryKind.FILE
                yield ArchiveEntry(path, kind, status.st_size)
            else:
                raise _unsupported(path, "it is not a file, folder or link", "remove it")


def _link(path: str, target: str) -> ArchiveEntry:
    if not _stays_inside(path, target):
        raise _unsupported(path, f"it links to {target}", "make it a relative link inside the folder")
    return ArchiveEntry(path, EntryKind.LINK, target=target)


def _stays_inside(path: str, target: str) -> bool:
    """Whether no part of a link's target leaves the folder; the launcher refuses such links."""
    depth = path.count("/")
    for part in target.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return False
    return not target.startswith("/")


def _unsupported(path: str, why: str, remedy: str) -> PackageError:
    return PackageError(f"{path} cannot be packed into a onefile", why, remedy)
