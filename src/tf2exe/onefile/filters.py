"""Filters: reversible rearrangements of bytes that make native libraries compress better.

`launchers/onefile/filter.c` undoes them after decoding; a property test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tf2exe.onefile import eh_frame

LONGEST_ROW = 64


class Filter(IntEnum):
    """What is done to a region.

    ADDRESSES: in x86-64 code, distances become addresses: calls of one function look alike everywhere.
    COLUMNS: the bytes of a table stand column by column.
    DIFFERENCES: each 4-byte word of a table becomes its difference from the one in the row before; then as
        with COLUMNS.
    FRAMES: a whole table of unwinding, as the module `frames` says.
    """

    BCJ = 1
    COLUMNS = 2
    DELTA = 3
    EH_FRAME = 4


WHOLE = frozenset({Filter.EH_FRAME})
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
    import numpy as np  # noqa: PLC0415 - every command would wait for it, and only packing needs it

    from tf2exe.onefile import bcj  # noqa: PLC0415 - likewise

    if region.filter == Filter.BCJ:
        return bcj.as_addresses(data)
    if region.filter == Filter.EH_FRAME:
        return eh_frame.apply(data)
    rows = len(data) // region.row
    table = np.frombuffer(data, np.uint8, rows * region.row).reshape(rows, region.row)
    if region.filter == Filter.DELTA:
        words = table.view("<u4")
        table = np.diff(words, axis=0, prepend=words[:1] * 0).view(np.uint8)
    return table.T.tobytes() + data[table.size :]
