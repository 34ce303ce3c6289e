"""The raw stream of a onefile: all files' contents, one behind the other; their order, and cuts into chunks.

Both are chosen so that what is alike stands together, and so that a change of the application leaves the
chunks of the carried packages as they were: those come from the cache of compressed chunks.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.errors import PackageError
from tf2exe.onefile.archive_format import LONGEST_PATH, Entry, Kind
from tf2exe.onefile.regions import regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_STABLE = re.compile(r"lib/(?!(lib)?tf2exe)")
"""Files that change least between builds: the standard library and the carried packages, without our own."""

CHUNK_BYTES = 64 << 20
"""Raw bytes of a full chunk: machine code of one library repeats far apart (chunks of 16 MB: 3 % larger in
all), but many threads want work at the first start, and each holds a chunk."""

SMALL_CHUNK_BYTES = 16 << 20
"""The same in a stream below `LARGE_BYTES`, which otherwise had too few chunks for many threads."""

LARGE_BYTES = 256 << 20

GROUP_BYTES = 16 << 20
"""From this size on a group of small files ends at the next file whose path says so (`_ends_group`)."""

SECTION_BYTES = 1 << 20
"""From this size on a section of a large library stands in chunks of its own, with their own parameters."""

_LIBRARY = re.compile(r"\.(so(\.\d+)*|dll|pyd)$")
_BYTECODE = re.compile(r"(.*/)?__pycache__/([^/.]+)\.[^/]+\.pyc")


@dataclass(frozen=True)
class Piece:
    """Bytes of one file that go into a chunk."""

    path: str
    offset: int
    size: int


def scan(folder: Path) -> list[Entry]:
    """Lists a folder in the order of the index: folders, files, links.

    Carried files come first, so that a change of the application moves none of them; among those, files of
    one kind stand together, which compresses better.

    Raises:
        PackageError: something in the folder cannot travel.
    """
    entries = sorted(_walk(folder, ""), key=lambda entry: entry.path)
    folders = [entry for entry in entries if entry.kind == Kind.FOLDER]
    links = [entry for entry in entries if entry.kind == Kind.LINK]
    files = sorted((entry for entry in entries if entry.is_file), key=_order)
    return folders + files + links


def _order(entry: Entry) -> tuple[bool, str, str, bool, str]:
    """Stable files first; libraries together; sources before their bytecode: they share names."""
    kind, module = PurePosixPath(entry.path).suffix, entry.path
    beside, bundled = _BYTECODE.fullmatch(entry.path), layout.last_module(entry.path)
    if beside:
        kind, module = ".py", f"{beside[1] or ''}{beside[2]}.py"
    elif bundled:
        kind, module = ".py", bundled
    elif _LIBRARY.search(entry.path):
        kind = ".so"
    return not _is_stable(entry.path), kind, module, module != entry.path, entry.path


def _is_stable(path: str) -> bool:
    return _STABLE.match(path) is not None


def _walk(folder: Path, inside: str) -> Iterator[Entry]:
    with os.scandir(folder / inside) as items:
        for item in items:
            path = f"{inside}/{item.name}" if inside else item.name
            status = item.stat(follow_symlinks=False)
            if len(os.fsencode(path)) > LONGEST_PATH:
                raise _cannot_travel(path, "its path is too long", "shorten it")
            if item.is_symlink():
                yield _link(path, os.fspath(Path(item.path).readlink()))
            elif item.is_dir():
                yield Entry(path, Kind.FOLDER)
                yield from _walk(folder, path)
            elif stat.S_ISREG(status.st_mode):
                kind = Kind.EXECUTABLE if status.st_mode & 0o111 else Kind.FILE
                yield Entry(path, kind, status.st_size)
            else:
                raise _cannot_travel(path, "it is not a file, folder or link", "remove it")


def _link(path: str, target: str) -> Entry:
    if not _leads_inside(path, target):
        raise _cannot_travel(path, f"it links to {target}", "make it a relative link inside the folder")
    return Entry(path, Kind.LINK, target=target)


def _leads_inside(path: str, target: str) -> bool:
    """Whether a link stays inside at every step of its text; the launcher refuses any other."""
    depth = path.count("/")
    for part in target.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(part, 1)
        if depth < 0:
            return False
    return not target.startswith("/")


def _cannot_travel(path: str, why: str, remedy: str) -> PackageError:
    return PackageError(f"{path} cannot be packed into a onefile", why, remedy)


def plan_chunks(folder: Path, entries: Iterable[Entry]) -> list[list[Piece]]:
    """Cuts the raw stream into chunks.

    Files that fill a chunk are cut alone, smaller ones are grouped. Where a group ends depends on the paths
    near its end, not only on what came before: a file more or less changes a few chunks, not all that follow,
    and the rest is found in the cache of compressed chunks.
    """
    files = [entry for entry in entries if entry.is_file and entry.size]
    full = _full(sum(entry.size for entry in files))
    enough = min(GROUP_BYTES, full // 4)
    chunks: list[list[Piece]] = []
    group: list[Piece] = []
    grouped, was_stable = 0, True
    for entry in files:
        is_stable = _is_stable(entry.path)
        if group and (grouped + entry.size > full or is_stable != was_stable):
            chunks.append(group)
            group, grouped = [], 0
        was_stable = is_stable
        if entry.size >= full:
            chunks.extend(_cut(folder, entry, full))
            continue
        group.append(Piece(entry.path, 0, entry.size))
        grouped += entry.size
        if grouped >= enough and _ends_group(entry.path):
            chunks.append(group)
            group, grouped = [], 0
    return [*chunks, group] if group else chunks


def plan_alone(paths: Iterable[Path], total: int) -> list[list[Piece]]:
    """The chunks of those files that will fill some of their own, in a stream of `total` bytes."""
    full = _full(total)
    files = [Entry(str(path), Kind.FILE, path.stat().st_size) for path in paths]
    return [chunk for file in files if file.size >= full for chunk in _cut(Path(), file, full)]


def _full(total: int) -> int:
    return CHUNK_BYTES if total >= LARGE_BYTES else min(CHUNK_BYTES, SMALL_CHUNK_BYTES)


def _cut(folder: Path, entry: Entry, full: int) -> Iterator[list[Piece]]:
    """Cuts a large file around its large sections, and whatever is still larger than a chunk."""
    cuts = {0, entry.size}
    for region in regions(folder / entry.path):
        if region.size >= SECTION_BYTES:
            cuts |= {region.offset, region.offset + region.size}
    ordered = sorted(cuts)
    for start, end in pairwise(ordered):
        for offset in range(start, end, full):
            yield [Piece(entry.path, offset, min(full, end - offset))]


def _ends_group(path: str) -> bool:
    """Behind a bundle: its sources stand before it in the same group, and what they share is stored once."""
    if _is_stable(path) and path.endswith(".py"):
        return False
    return layout.last_module(path) is not None or zlib.crc32(os.fsencode(path)) % 64 == 0
