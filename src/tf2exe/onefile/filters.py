"""Filters: reversible transformations of parts of a chunk that make it compress better.

`launchers/onefile/filter.c` reverses them after decompression; a property test runs both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tf2exe.onefile import eh_frame

MAX_ROW_BYTES = 64


class Filter(IntEnum):
    """How a region is transformed.

    BCJ: in x86-64 code, relative addresses become absolute, so that all calls of one function are equal.
    COLUMNS: a table is stored by byte column.
    DELTA: each 4-byte word of a table becomes its difference from the row above; then as COLUMNS.
    EH_FRAME: a whole unwind table becomes columns of differences (see `eh_frame`).
    """

    BCJ = 1
    COLUMNS = 2
    DELTA = 3
    EH_FRAME = 4


INDIVISIBLE = frozenset({Filter.EH_FRAME})
"""Filters that need the whole region: if a chunk has only a part of it, the part is not filtered."""


@dataclass(frozen=True)
class Region:
    """A part of a file or chunk, and its filter.

    Attributes:
        offset: in the file or in the raw chunk.
        size: in bytes.
        filter: how it is transformed.
        row: bytes of a row of the table; 0 if it is not a table.
    """

    offset: int
    size: int
    filter: Filter
    row: int


def apply_filters(raw: bytes, regions: tuple[Region, ...]) -> bytes:
    """The bytes with the filters of all regions applied; regions do not overlap."""
    if not regions:
        return raw
    data = bytearray(raw)
    for region in regions:
        end = region.offset + region.size
        data[region.offset : end] = _filter_region(raw[region.offset : end], region)
    return bytes(data)


def _filter_region(data: bytes, region: Region) -> bytes:
    import numpy as np  # noqa: PLC0415 - only packing needs NumPy; every command would wait for its import

    from tf2exe.onefile import bcj  # noqa: PLC0415 - imports NumPy

    if region.filter == Filter.BCJ:
        return bcj.to_absolute(data)
    if region.filter == Filter.EH_FRAME:
        return eh_frame.filter_table(data)
    rows = len(data) // region.row
    table = np.frombuffer(data, np.uint8, rows * region.row).reshape(rows, region.row)
    if region.filter == Filter.DELTA:
        words = table.view("<u4")
        table = np.diff(words, axis=0, prepend=words[:1] * 0).view(np.uint8)
    return table.T.tobytes() + data[table.size :]


def undo_columns(data: bytes, regions: tuple[Region, ...]) -> bytes:
    """Reverses `Filter.COLUMNS`; regions with other filters stay as they are."""
    result = bytearray(data)
    for region in regions:
        if region.filter == Filter.COLUMNS:
            rows = region.size // region.row
            end = region.offset + rows * region.row
            for column in range(region.row):
                begin = region.offset + column * rows
                result[region.offset + column : end : region.row] = data[begin : begin + rows]
    return bytes(result)
