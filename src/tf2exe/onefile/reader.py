"""Reads the payload of a onefile: its table of contents, and any file in it without unpacking the others."""

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
from tf2exe.onefile.filters import Filter, Region

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Buffer

KEPT_CHUNKS = 4


@dataclass(frozen=True)
class Head:
    """What the footer and the index say.

    Attributes:
        launcher: size of the launcher, with which the file begins.
        identity: names the contents, and the folder that they are unpacked into.
        name: of the program.
        start: the entry that is started.
        entries: files, folders and links, in their order.
        chunks: the compressed parts, in their order.
    """

    launcher: int
    identity: str
    name: str
    start: str
    entries: tuple[archive_format.Entry, ...]
    chunks: tuple[archive_format.StoredChunk, ...]


def read_head(file: IO[bytes], path: Path) -> Head | None:
    """Reads footer and index; None: this is no onefile.

    Raises:
        InspectionError: it is one, and damaged.
    """
    behind = max(0, authenticode.unsigned_size(file) - archive_format.FOOTER.size)
    file.seek(behind)
    end = file.read(archive_format.FOOTER.size).ljust(archive_format.FOOTER.size, b"\0")
    magic, version, launcher, position, stored, raw, launcher_hash, index_hash = archive_format.FOOTER.unpack(
        end
    )
    if magic != archive_format.MAGIC:
        return None
    if version != archive_format.VERSION:
        raise InspectionError(
            f"{path} cannot be read", f"its format is {version}", "use the version of tf2exe that built it"
        )
    if launcher > position or position + stored > behind:
        raise _damaged(path, "its end does not fit the rest")
    file.seek(0)
    if archive_format.digest(authenticode.zero_signed_fields(file.read(launcher))) != launcher_hash:
        raise _damaged(path, "its beginning does not match its checksum")
    file.seek(position)
    index = file.read(stored)
    if archive_format.digest(index) != index_hash:
        raise _damaged(path, "its table of contents does not match its checksum")
    decoded = zstandard.decompress(index)
    if len(decoded) != raw:
        raise _damaged(path, "its table of contents has another size")
    return Head(launcher, index_hash.hex(), *archive_format.parse(decoded))


def check(file: IO[bytes], path: Path, head: Head) -> None:
    """Compares every compressed part with its checksum.

    Raises:
        InspectionError: one does not match.
    """
    file.seek(head.launcher)
    for number, chunk in enumerate(head.chunks, 1):
        if archive_format.digest(file.read(chunk.stored_size)) != chunk.digest:
            raise _damaged(path, f"part {number} of {len(head.chunks)} does not match its checksum")


def _damaged(path: Path, why: str) -> InspectionError:
    return InspectionError(f"{path} is damaged", why, "get it again")


class Stream:
    """The contents of all files, one behind the other; a few parts are kept in memory.

    Reading raises `InspectionError` where a part is not a zstd frame: tf2exe once had LZMA, too.
    """

    def __init__(self, file: IO[bytes], path: Path, head: Head) -> None:
        self._file, self._path = file, path
        self._chunks = head.chunks
        self._starts = [0, *accumulate(chunk.raw_size for chunk in head.chunks)]
        self._places = [
            head.launcher + done for done in accumulate((c.stored_size for c in head.chunks), initial=0)
        ]
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def read(self, start: int, size: int) -> bytes:
        """Bytes of the stream."""
        parts = []
        number = bisect_right(self._starts, start) - 1
        while size > 0 and number < len(self._chunks):
            inside = start - self._starts[number]
            part = self._chunk(number)[inside : inside + size]
            parts.append(part)
            start, size, number = start + len(part), size - len(part), number + 1
        return b"".join(parts)

    def _chunk(self, number: int) -> bytes:
        if number not in self._kept:
            chunk = self._chunks[number]
            self._file.seek(self._places[number])
            stored = self._file.read(chunk.stored_size)
            try:
                raw = codec.decompress(stored, chunk.raw_size)
            except ValueError as error:  # not damaged: its checksum is right
                raise InspectionError(
                    f"{self._path} cannot be read",
                    f"part {number + 1} is compressed in another format",
                    "use the version of tf2exe that built it",
                ) from error
            self._kept[number] = with_columns_undone(raw, chunk.regions)
            if len(self._kept) > KEPT_CHUNKS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]


def with_columns_undone(data: bytes, regions: tuple[Region, ...]) -> bytes:
    """Symbol tables as they were; code and tables of addresses stay filtered: nothing here reads them."""
    result = bytearray(data)
    for region in regions:
        if region.filter == Filter.COLUMNS:
            rows = region.size // region.row
            for column in range(region.row):
                begin = region.offset + column * rows
                end = region.offset + rows * region.row
                result[region.offset + column : end : region.row] = data[begin : begin + rows]
    return bytes(result)


class Member(io.RawIOBase):
    """A file of the payload, to be read like any other."""

    def __init__(self, stream: Stream, start: int, size: int) -> None:
        self._stream, self._start, self._size, self._place = stream, start, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Sets the position."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = base + offset
        return self._place

    def readinto(self, buffer: Buffer) -> int:
        """Fills the buffer from the position on, as far as the file goes."""
        view = memoryview(buffer)
        count = min(len(view), max(0, self._size - self._place))
        data = self._stream.read(self._start + self._place, count) if count else b""
        view[: len(data)] = data
        self._place += len(data)
        return len(data)


def members(head: Head) -> Iterator[tuple[archive_format.Entry, int]]:
    """Each file with its place in the stream."""
    place = 0
    for entry in head.entries:
        if entry.is_file:
            yield entry, place
            place += entry.size
