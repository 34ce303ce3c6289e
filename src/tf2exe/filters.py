"""Filters: reversible rearrangements of bytes that make native libraries compress better.

`launchers/filter.c` undoes them after decoding; a property test holds the two together.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import IntEnum

from tf2exe import frames

LONGEST_ROW = 64
REACH = 1 << 29
"""Distances below 512 MiB are made addresses; whatever is larger is hardly a distance."""

_NAMED = rb"[\x05\x0d\x15\x1d\x25\x2d\x35\x3d]"
_DISTANCE = re.compile(
    rb"(?:\xe8|[\x48\x4c][^\xe8]" + _NAMED + rb"|\xc5[\x80-\xe7\xe9-\xff][^\xe8]" + _NAMED + rb")....",
    re.DOTALL,
)
"""x86-64: a call, or a 64-bit or vector instruction that names its operand by the distance; and that."""

_NUMBER = struct.Struct("<I")


class Filter(IntEnum):
    """What is done to a region.

    ADDRESSES: in x86-64 code, distances become addresses: calls of one function look alike everywhere.
    COLUMNS: the bytes of a table stand column by column.
    DIFFERENCES: each 4-byte word of a table becomes its difference from the one in the row before; then as
        with COLUMNS.
    FRAMES: a whole table of unwinding, as the module `frames` says.
    """

    ADDRESSES = 1
    COLUMNS = 2
    DIFFERENCES = 3
    FRAMES = 4


WHOLE = frozenset({Filter.FRAMES})
"""What a part of a region cannot have."""


@dataclass(frozen=True)
class Region:
    """A part of a file or of a chunk, and its filter; `row` is the bytes of a table's row, else 0."""

    offset: int
    size: int
    filter: Filter
    row: int


def apply(raw: bytes, regions: tuple[Region, ...]) -> bytes:
    """The bytes with the filters of all regions, which do not overlap."""
    if not regions:
        return raw
    data = bytearray(raw)
    for region in regions:
        end = region.offset + region.size
        data[region.offset : end] = _filtered(raw[region.offset : end], region)
    return bytes(data)


def _filtered(data: bytes, region: Region) -> bytes:
    if region.filter == Filter.ADDRESSES:
        return _with_addresses(data)
    if region.filter == Filter.FRAMES:
        return frames.apply(data)
    size = len(data) // region.row * region.row
    table = data[:size]
    if region.filter == Filter.DIFFERENCES:
        table = _differences(table, region.row)
    return b"".join(table[column :: region.row] for column in range(region.row)) + data[size:]


def _with_addresses(data: bytes) -> bytes:
    result = bytearray(data)
    read, write, mask = _NUMBER.unpack_from, _NUMBER.pack_into, 2 * REACH - 1
    for found in _DISTANCE.finditer(data):
        place = found.end() - 4
        number = (read(data, place)[0] + REACH) & 0xFFFFFFFF
        if number <= mask:
            write(result, place, (((number + place) & mask) - REACH) & 0xFFFFFFFF)
    return bytes(result)


def _differences(table: bytes, row: int) -> bytes:
    """Subtracts all words at once, as one long number: the high bits are kept from borrowing."""
    size = len(table)
    words = int.from_bytes(table, "little")
    before = (words << 8 * row) & ((1 << 8 * size) - 1)
    high = int.from_bytes(b"\0\0\0\x80" * (size // 4), "little")
    low = high ^ ((1 << 8 * size) - 1)
    result = ((words | high) - (before & low)) ^ ((words ^ before ^ low ^ high) & high)
    return result.to_bytes(size, "little")
