"""Reads the archive of a onefile: its index, and single files without unpacking the others."""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from itertools import accumulate
from typing import IO, TYPE_CHECKING

import zstandard

from tf2exe.errors import InspectionError
from tf2exe.native import authenticode
from tf2exe.onefile import archive_format, codec
from tf2exe.onefile.filters import undo_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

MAX_CACHED_CHUNKS = 4


@dataclass(frozen=True)
class Archive:
    """The description of a onefile's contents.

    Attributes:
        launcher_size: of the launcher, which the file begins with, in bytes.
        identity: hash of the index in hex, and name of the folder that the onefile unpacks into.
        index: program, entries and chunks.
    """

    launcher_size: int
    identity: str
    index: archive_format.Index

    def file_offsets(self) -> Iterator[tuple[archive_format.ArchiveEntry, int]]:
        """Each file with its offset in the raw stream."""
        offset = 0
        for entry in self.index.entries:
            if entry.is_file:
                yield entry, offset
                offset += entry.size


def read_archive(file: IO[bytes], path: Path) -> Archive | None:
    """Reads footer and index; None: the file is not a onefile.

    Args:
        file: the opened onefile.
        path: its path, for messages.

    Raises:
        InspectionError: the onefile is damaged.
        ValueError: its index cannot be decoded.
        zstandard.ZstdError: its index cannot be decompressed.
    """
    footer = archive_format.read_footer(file)
    if footer is None:
        return None
    if footer.version != archive_format.VERSION:
        raise InspectionError(
            f"{path} cannot be read",
            f"its format is {footer.version}",
            "use the version of tf2exe that built it",
        )
    if footer.launcher_size > footer.index_offset or footer.index_offset + footer.index_size > footer.offset:
        raise _damaged(path, "its end does not fit the rest")
    file.seek(0)
    launcher = authenticode.zero_signed_fields(file.read(footer.launcher_size))
    if archive_format.hash_bytes(launcher) != footer.launcher_hash:
        raise _damaged(path, "its beginning does not match its checksum")
    file.seek(footer.index_offset)
    stored = file.read(footer.index_size)
    if archive_format.hash_bytes(stored) != footer.index_hash:
        raise _damaged(path, "its table of contents does not match its checksum")
    raw = zstandard.decompress(stored)
    if len(raw) != footer.raw_index_size:
        raise _damaged(path, "its table of contents has another size")
    return Archive(footer.launcher_size, footer.index_hash.hex(), archive_format.decode_index(raw))


def verify_chunks(file: IO[bytes], path: Path, archive: Archive) -> None:
    """Compares each compressed chunk with its checksum.

    Raises:
        InspectionError: one does not match.
    """
    file.seek(archive.launcher_size)
    chunks = archive.index.chunks
    for number, chunk in enumerate(chunks, 1):
        if archive_format.hash_bytes(file.read(chunk.stored_size)) != chunk.digest:
            raise _damaged(path, f"part {number} of {len(chunks)} does not match its checksum")


def _damaged(path: Path, why: str) -> InspectionError:
    return InspectionError(f"{path} is damaged", why, "get it again")


class RawStream:
    """The concatenated contents of all files; the chunks used last are kept in memory.

    Symbol tables and weights are as in the file. Code, and tables of addresses, stay filtered, because
    inspection does not read them.
    """

    def __init__(self, file: IO[bytes], path: Path, archive: Archive) -> None:
        self._file, self._path = file, path
        self._chunks = archive.index.chunks
        self._raw_offsets = [0, *accumulate(chunk.raw_size for chunk in self._chunks)]
        stored_sizes = (chunk.stored_size for chunk in self._chunks)
        self._file_offsets = list(accumulate(stored_sizes, initial=archive.launcher_size))
        self._cached: OrderedDict[int, bytes] = OrderedDict()

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from an offset in the stream.

        Raises:
            InspectionError: a chunk is not a zstd frame. Old versions of tf2exe also used LZMA.
        """
        parts = []
        number = bisect_right(self._raw_offsets, offset) - 1
        while size > 0 and number < len(self._chunks):
            inside = offset - self._raw_offsets[number]
            part = self._read_chunk(number)[inside : inside + size]
            parts.append(part)
            offset, size, number = offset + len(part), size - len(part), number + 1
        return b"".join(parts)

    def _read_chunk(self, number: int) -> bytes:
        if number not in self._cached:
            chunk = self._chunks[number]
            self._file.seek(self._file_offsets[number])
            stored = self._file.read(chunk.stored_size)
            try:
                raw = codec.decompress(stored, chunk.raw_size)
            except ValueError as error:  # not damaged: its checksum is right
                raise InspectionError(
                    f"{self._path} cannot be read",
                    f"part {number + 1} is compressed in another format",
                    "use the version of tf2exe that built it",
                ) from error
            self._cached[number] = undo_columns(raw, chunk.regions)
            if len(self._cached) > MAX_CACHED_CHUNKS:
                self._cached.popitem(last=False)
        self._cached.move_to_end(number)
        return self._cached[number]


class ArchivedFile(io.RawIOBase):
    """A file in the archive, readable like a file on disk."""

    def __init__(self, stream: RawStream, offset: int, size: int) -> None:
        self._stream, self._offset, self._size, self._position = stream, offset, size, 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Sets the position."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Buffer) -> int:
        """Fills the buffer from the position on, up to the end of the file."""
        view = memoryview(buffer)
        count = min(len(view), max(0, self._size - self._position))
        data = self._stream.read(self._offset + self._position, count) if count else b""
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
