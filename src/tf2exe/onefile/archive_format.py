"""The archive in a onefile: the offset and size of each part.

The head comment of `launchers/onefile/main.c`, which reads the archive, describes the format in full. In
short: launcher, chunks (independently compressed parts of the raw stream, which is the contents of all files
in sequence), index (one zstd frame), footer. The constants stand here and in `launchers/onefile/payload.c`; a
test compares them.
"""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from tf2exe.native import authenticode
from tf2exe.onefile.filters import Filter, Region

if TYPE_CHECKING:
    from collections.abc import Sequence

MAGIC = b"\x89tf2exe\n"
VERSION = 5
HASH_SIZE = 16
HEADER = struct.Struct("<IIIHH")
CHUNK = struct.Struct(f"<III{HASH_SIZE}s")
REGION = struct.Struct("<IIHH")
ENTRY = struct.Struct("<HHIQ")
FOOTER = struct.Struct(f"<8sQQQQQ{HASH_SIZE}s{HASH_SIZE}s")
SKIPPED = struct.Struct("<II")
SKIPPED_MAGIC = 0x184D2A50
"""Begins a frame of zstd that is no data; its size follows."""

LONGEST_PATH = 4000
LONGEST_NAME = 100


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
class StoredChunk:
    """A compressed chunk as the index describes it."""

    stored_size: int
    raw_size: int
    digest: bytes
    regions: tuple[Region, ...] = ()


def digest(data: bytes) -> bytes:
    """The hash that the launcher computes too."""
    return hashlib.blake2b(data, digest_size=HASH_SIZE).digest()


def pack_region(region: Region) -> bytes:
    """A region of a chunk as it stands in the index."""
    return REGION.pack(region.offset, region.size, region.filter, region.row)


def index(name: str, start: str, entries: Sequence[Entry], chunks: Sequence[StoredChunk]) -> bytes:
    """The index, not yet compressed."""
    name_bytes, start_bytes = os.fsencode(name), os.fsencode(start)
    regions = [region for chunk in chunks for region in chunk.regions]
    parts = [
        HEADER.pack(len(entries), len(chunks), len(regions), len(name_bytes), len(start_bytes)),
        name_bytes + b"\0" + start_bytes + b"\0",
        *(CHUNK.pack(part.stored_size, part.raw_size, len(part.regions), part.digest) for part in chunks),
        *map(pack_region, regions),
    ]
    for entry in entries:
        path, target = os.fsencode(entry.path), os.fsencode(entry.target)
        parts.append(ENTRY.pack(entry.kind, len(path), len(target), entry.size))
        parts.append(path + b"\0" + target + b"\0")
    return b"".join(parts)


def name_in(raw_index: bytes) -> str:
    """The name of the program that an index holds."""
    *_, size, _ = HEADER.unpack_from(raw_index)
    return os.fsdecode(raw_index[HEADER.size : HEADER.size + size])


def parse(raw_index: bytes) -> tuple[str, str, tuple[Entry, ...], tuple[StoredChunk, ...]]:
    """What `index` wrote: name, start, entries and chunks.

    Raises:
        ValueError: it is another text.
    """
    try:
        return _parse(raw_index)
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError(str(error)) from error


def _parse(raw_index: bytes) -> tuple[str, str, tuple[Entry, ...], tuple[StoredChunk, ...]]:
    entry_count, chunk_count, region_count, name_size, start_size = HEADER.unpack_from(raw_index)
    place = HEADER.size
    name, place = _text(raw_index, place, name_size)
    start, place = _text(raw_index, place, start_size)
    described = [CHUNK.unpack_from(raw_index, place + number * CHUNK.size) for number in range(chunk_count)]
    place += chunk_count * CHUNK.size
    regions = [_region(raw_index, place + number * REGION.size) for number in range(region_count)]
    place += region_count * REGION.size
    chunks = []
    for stored, size, count, chunk_digest in described:
        own, regions = regions[:count], regions[count:]
        chunks.append(StoredChunk(stored, size, chunk_digest, tuple(own)))
    entries = []
    for _ in range(entry_count):
        kind, path_size, target_size, size = ENTRY.unpack_from(raw_index, place)
        path, place = _text(raw_index, place + ENTRY.size, path_size)
        target, place = _text(raw_index, place, target_size)
        entries.append(Entry(path, Kind(kind), size, target))
    return name, start, tuple(entries), tuple(chunks)


def _text(data: bytes, place: int, size: int) -> tuple[str, int]:
    """A text and the place behind the zero that ends it."""
    return os.fsdecode(data[place : place + size]), place + size + 1


def _region(data: bytes, place: int) -> Region:
    offset, size, kind, row = REGION.unpack_from(data, place)
    return Region(offset, size, Filter(kind), row)


def aligned(stored_index: bytes, position: int) -> bytes:
    """The index, and a frame that decoders skip, so that the onefile ends where a signature may begin."""
    end = position + len(stored_index) + SKIPPED.size + FOOTER.size
    filling = -end % authenticode.ALIGNMENT
    return stored_index + SKIPPED.pack(SKIPPED_MAGIC, filling) + bytes(filling)


def footer(launcher: bytes, position: int, stored_index: bytes, raw_size: int) -> bytes:
    """The last bytes of a onefile that begins with `launcher` and whose index stands at `position`.

    Only a signature may follow.
    """
    sizes = (len(launcher), position, len(stored_index), raw_size)
    return FOOTER.pack(
        MAGIC, VERSION, *sizes, digest(authenticode.zero_signed_fields(launcher)), digest(stored_index)
    )
