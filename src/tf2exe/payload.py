"""The payload of a onefile: which bytes stand where.

The format is described in full at the head of `launchers/onefile.c`, which reads what is written here. In
short: launcher, chunks (independent zstd frames of the raw stream, which is all files' contents one behind
the other), index (one zstd frame), footer. Its constants stand once here and once in `launchers/payload.c`;
a test holds the two together.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from tf2exe.errors import PackageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MAGIC = b"\x89tf2exe\n"
VERSION = 1
HASH_SIZE = 16
HEADER = struct.Struct("<IIHH")
CHUNK = struct.Struct(f"<II{HASH_SIZE}s")
ENTRY = struct.Struct("<HHIQ")
FOOTER = struct.Struct(f"<8sQQQQ{HASH_SIZE}s")
LONGEST_PATH = 4000
LONGEST_NAME = 100

CHUNK_BYTES = 16 << 20
"""Raw bytes of a full chunk: large enough to compress well, small enough for many threads at the start."""

GROUP_BYTES = 4 << 20
"""From this size on a group of small files ends at the next file whose path says so (`_ends_group`)."""


class Kind(IntEnum):
    """What an entry of the index is."""

    FILE = 0
    EXECUTABLE = 1
    FOLDER = 2
    LINK = 3


@dataclass(frozen=True)
class Entry:
    """One file, folder or symbolic link; `path` is relative and has slashes, `target` is a link's text."""

    path: str
    kind: Kind
    size: int = 0
    target: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it has contents in the raw stream."""
        return self.kind in {Kind.FILE, Kind.EXECUTABLE}


@dataclass(frozen=True)
class Piece:
    """Bytes of one file that go into a chunk."""

    path: str
    offset: int
    size: int


@dataclass(frozen=True)
class StoredChunk:
    """A compressed chunk as the index describes it."""

    stored_size: int
    raw_size: int
    digest: bytes


def digest(data: bytes) -> bytes:
    """The hash that the launcher computes too."""
    return hashlib.blake2b(data, digest_size=HASH_SIZE).digest()


def scan(folder: Path, stable: str) -> list[Entry]:
    """Lists a folder in the order of the index: folders, files, links.

    Files beneath the folder `stable` come first, so that a change outside it moves none of them; among
    those, files of one kind stand together, which compresses better.

    Raises:
        PackageError: something in the folder cannot travel.
    """
    entries = sorted(_walk(folder, ""), key=lambda entry: entry.path)
    folders = [entry for entry in entries if entry.kind == Kind.FOLDER]
    links = [entry for entry in entries if entry.kind == Kind.LINK]

    def order(entry: Entry) -> tuple[bool, str, str]:
        return not entry.path.startswith(f"{stable}/"), PurePosixPath(entry.path).suffix, entry.path

    files = sorted((entry for entry in entries if entry.is_file), key=order)
    return folders + files + links


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
                raise _cannot_travel(path, "it is no file, folder or link", "remove it")


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
    return PackageError(f"{path} cannot go into a single file", why, remedy)


def plan_chunks(entries: Iterable[Entry], stable: str) -> list[list[Piece]]:
    """Cuts the raw stream into chunks.

    Files that fill a chunk are cut alone, smaller ones are grouped. Where a group ends depends on the paths
    near its end, not only on what came before: a file more or less changes a few chunks, not all that follow,
    and the rest is found in the cache of compressed chunks.
    """
    chunks: list[list[Piece]] = []
    group: list[Piece] = []
    grouped, was_stable = 0, True
    for entry in (entry for entry in entries if entry.is_file and entry.size):
        is_stable = entry.path.startswith(f"{stable}/")
        if group and (grouped + entry.size > CHUNK_BYTES or is_stable != was_stable):
            chunks.append(group)
            group, grouped = [], 0
        was_stable = is_stable
        if entry.size >= CHUNK_BYTES:
            chunks.extend(_cut(entry))
            continue
        group.append(Piece(entry.path, 0, entry.size))
        grouped += entry.size
        if grouped >= GROUP_BYTES and _ends_group(entry.path):
            chunks.append(group)
            group, grouped = [], 0
    return [*chunks, group] if group else chunks


def _cut(entry: Entry) -> Iterator[list[Piece]]:
    for offset in range(0, entry.size, CHUNK_BYTES):
        yield [Piece(entry.path, offset, min(CHUNK_BYTES, entry.size - offset))]


def _ends_group(path: str) -> bool:
    return zlib.crc32(os.fsencode(path)) % 64 == 0


def index(name: str, start: str, entries: Sequence[Entry], chunks: Sequence[StoredChunk]) -> bytes:
    """The index, not yet compressed."""
    name_bytes, start_bytes = os.fsencode(name), os.fsencode(start)
    parts = [
        HEADER.pack(len(entries), len(chunks), len(name_bytes), len(start_bytes)),
        name_bytes + b"\0" + start_bytes + b"\0",
        *(CHUNK.pack(chunk.stored_size, chunk.raw_size, chunk.digest) for chunk in chunks),
    ]
    for entry in entries:
        path, target = os.fsencode(entry.path), os.fsencode(entry.target)
        parts.append(ENTRY.pack(entry.kind, len(path), len(target), entry.size))
        parts.append(path + b"\0" + target + b"\0")
    return b"".join(parts)


def footer(position: int, stored_index: bytes, raw_size: int) -> bytes:
    """The last bytes of a onefile whose index stands at `position`."""
    return FOOTER.pack(MAGIC, VERSION, position, len(stored_index), raw_size, digest(stored_index))
