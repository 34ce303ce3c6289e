"""The binary format of a onefile: encodes and decodes its index and footer.

The comment at the top of `launchers/onefile/main.c`, which reads the archive, describes the format in full.
In short: launcher, chunks (independently compressed parts of the raw stream, which is the concatenated
contents of all files), index (one zstd frame), footer. The C code in `launchers/onefile` has the same
constants; a test compares them.
"""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import IO

from tf2exe.native import authenticode
from tf2exe.onefile.filters import Filter, Region

MAGIC = b"\x89tf2exe\n"
VERSION = 5
HASH_SIZE = 16
HEADER = struct.Struct("<IIIHH")
CHUNK = struct.Struct(f"<III{HASH_SIZE}s")
REGION = struct.Struct("<IIHH")
ENTRY = struct.Struct("<HHIQ")
FOOTER = struct.Struct(f"<8sQQQQQ{HASH_SIZE}s{HASH_SIZE}s")
SKIPPABLE_FRAME = struct.Struct("<II")
SKIPPABLE_MAGIC = 0x184D2A50
"""Begins a zstd frame that decoders ignore; its size follows (RFC 8878, section 3.1.2)."""

MAX_PATH_BYTES = 4000
MAX_NAME_BYTES = 100


class EntryKind(IntEnum):
    """The type of an entry in the index."""

    FILE = 0
    EXECUTABLE = 1
    FOLDER = 2
    LINK = 3


@dataclass(frozen=True)
class ArchiveEntry:
    """A file, folder or symbolic link.

    Attributes:
        path: relative, with forward slashes.
        kind: its type.
        size: of a file, in bytes; otherwise 0.
        target: of a symbolic link; otherwise empty.
    """

    path: str
    kind: EntryKind
    size: int = 0
    target: str = ""

    @property
    def is_file(self) -> bool:
        """Whether the entry has contents in the raw stream."""
        return self.kind in {EntryKind.FILE, EntryKind.EXECUTABLE}


@dataclass(frozen=True)
class StoredChunk:
    """The description of a compressed chunk in the index.

    Attributes:
        stored_size: compressed size in bytes.
        raw_size: size in the raw stream in bytes.
        digest: hash of the compressed bytes.
        regions: the filtered parts of the raw chunk, by offset.
    """

    stored_size: int
    raw_size: int
    digest: bytes
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Index:
    """The contents of an archive.

    Attributes:
        name: the program's name, and that of its folder in the cache.
        start: path of the executable to start.
        entries: folders, files and links, in this order.
        chunks: in the order of the raw stream.
    """

    name: str
    start: str
    entries: tuple[ArchiveEntry, ...]
    chunks: tuple[StoredChunk, ...]


@dataclass(frozen=True)
class Footer:
    """The end of an archive: where its parts are.

    Attributes:
        offset: of the footer in the file.
        version: of the format.
        launcher_size: in bytes; the chunks follow the launcher.
        index_offset: of the compressed index in the file.
        index_size: of the compressed index.
        raw_index_size: of the decompressed index.
        launcher_hash: of the launcher, without the fields that a signature changes.
        index_hash: of the compressed index; the identity of the archive.
    """

    offset: int
    version: int
    launcher_size: int
    index_offset: int
    index_size: int
    raw_index_size: int
    launcher_hash: bytes
    index_hash: bytes


def hash_bytes(data: bytes) -> bytes:
    """BLAKE2b with 128 bits, as in `launchers/onefile/blake2b.c`."""
    return hashlib.blake2b(data, digest_size=HASH_SIZE).digest()


def encode_region(region: Region) -> bytes:
    """The bytes of a region in the index."""
    return REGION.pack(region.offset, region.size, region.filter, region.row)


def encode_index(index: Index) -> bytes:
    """The bytes of the index before compression."""
    name, start = os.fsencode(index.name), os.fsencode(index.start)
    regions = [region for chunk in index.chunks for region in chunk.regions]
    parts = [
        HEADER.pack(len(index.entries), len(index.chunks), len(regions), len(name), len(start)),
        name + b"\0" + start + b"\0",
        *(
            CHUNK.pack(chunk.stored_size, chunk.raw_size, len(chunk.regions), chunk.digest)
            for chunk in index.chunks
        ),
        *map(encode_region, regions),
    ]
    for entry in index.entries:
        path, target = os.fsencode(entry.path), os.fsencode(entry.target)
        parts.append(ENTRY.pack(entry.kind, len(path), len(target), entry.size))
        parts.append(path + b"\0" + target + b"\0")
    return b"".join(parts)


def decode_program_name(raw_index: bytes) -> str:
    """The program's name in a decompressed index."""
    *_, size, _ = HEADER.unpack_from(raw_index)
    return os.fsdecode(raw_index[HEADER.size : HEADER.size + size])


def decode_index(raw_index: bytes) -> Index:
    """Decodes the output of `encode_index`.

    Raises:
        ValueError: the bytes are not an index.
    """
    try:
        return _decode_index(raw_index)
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError(str(error)) from error


def _decode_index(raw_index: bytes) -> Index:
    entry_count, chunk_count, region_count, name_size, start_size = HEADER.unpack_from(raw_index)
    offset = HEADER.size
    name, offset = _decode_text(raw_index, offset, name_size)
    start, offset = _decode_text(raw_index, offset, start_size)
    described = [CHUNK.unpack_from(raw_index, offset + number * CHUNK.size) for number in range(chunk_count)]
    offset += chunk_count * CHUNK.size
    regions = [_decode_region(raw_index, offset + number * REGION.size) for number in range(region_count)]
    offset += region_count * REGION.size
    chunks = []
    for stored_size, raw_size, count, digest in described:
        of_chunk, regions = regions[:count], regions[count:]
        chunks.append(StoredChunk(stored_size, raw_size, digest, tuple(of_chunk)))
    entries = []
    for _ in range(entry_count):
        kind, path_size, target_size, size = ENTRY.unpack_from(raw_index, offset)
        path, offset = _decode_text(raw_index, offset + ENTRY.size, path_size)
        target, offset = _decode_text(raw_index, offset, target_size)
        entries.append(ArchiveEntry(path, EntryKind(kind), size, target))
    return Index(name, start, tuple(entries), tuple(chunks))


def _decode_text(data: bytes, offset: int, size: int) -> tuple[str, int]:
    """The text at `offset`, and the offset after its terminating zero."""
    return os.fsdecode(data[offset : offset + size]), offset + size + 1


def _decode_region(data: bytes, offset: int) -> Region:
    start, size, kind, row = REGION.unpack_from(data, offset)
    return Region(start, size, Filter(kind), row)


def pad_index(compressed: bytes, offset: int) -> bytes:
    """Appends a skippable frame to an index at `offset`, so that a signature may begin after the footer."""
    end = offset + len(compressed) + SKIPPABLE_FRAME.size + FOOTER.size
    padding = -end % authenticode.ALIGNMENT
    return compressed + SKIPPABLE_FRAME.pack(SKIPPABLE_MAGIC, padding) + bytes(padding)


def encode_footer(launcher: bytes, index_offset: int, stored_index: bytes, raw_index_size: int) -> bytes:
    """The last bytes of a onefile, which only a signature may follow.

    Args:
        launcher: the bytes that the file begins with.
        index_offset: of the compressed index in the file.
        stored_index: the compressed index with its padding.
        raw_index_size: of the decompressed index.
    """
    sizes = (len(launcher), index_offset, len(stored_index), raw_index_size)
    launcher_hash = hash_bytes(authenticode.zero_signed_fields(launcher))
    return FOOTER.pack(MAGIC, VERSION, *sizes, launcher_hash, hash_bytes(stored_index))


def read_footer(file: IO[bytes]) -> Footer | None:
    """Reads the footer, in front of a signature if there is one; None: the file is not a onefile."""
    offset = max(0, authenticode.unsigned_size(file) - FOOTER.size)
    file.seek(offset)
    magic, *fields = FOOTER.unpack(file.read(FOOTER.size).ljust(FOOTER.size, b"\0"))
    return Footer(offset, *fields) if magic == MAGIC else None
