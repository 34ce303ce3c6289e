"""The filter FRAMES: a table of unwinding (`.eh_frame`) as columns, with differences instead of addresses.

Such a table is a list of records: a length; how far back the record's kind is described, or 0 for such a
description; where the function begins, as the distance from here; its length; often where its table of
exceptions is, as a distance too; and a few bytes of instructions. Compilers write functions one behind the
other, so each of these is nearly known from the record before.

The result is as long as the table:

    the first record, a description, with the number of the records behind it in place of its 0
    columns of 17 bytes: length, description, function, its length, and the first byte behind those
    columns of 4 bytes: where exceptions are, of the records whose first byte says that they have that
    the other bytes of all records, one behind the other
    whatever follows the last record

`launchers/onefile/eh_frame.c` undoes it.
"""

from __future__ import annotations

import struct
from array import array

SHORTEST = 13
"""Bytes behind its length that a record must have; 17 with a pointer to exceptions."""

_BEGIN = struct.Struct("<II")
_HEAD = struct.Struct("<IIII")
_NUMBER = struct.Struct("<I")
_MASK = 0xFFFFFFFF
_LONG = 0xFFFFFFF0
_POINTER = 4
"""The first byte of a record that has a pointer to exceptions: its size."""


def is_table(begin: bytes, size: int) -> bool:
    """Whether `apply` can do something with a table of this size that begins so."""
    if min(len(begin), size) < _BEGIN.size:
        return False
    length, description = _BEGIN.unpack_from(begin)
    fits = _NUMBER.size <= length < _LONG and length <= size - _NUMBER.size
    return bool(fits and description == 0)


def apply(table: bytes) -> bytes:
    """The filtered table.

    Raises:
        ValueError: it does not begin with a description.
    """
    if not is_table(table, len(table)):
        raise ValueError("it does not begin with a description")
    first = 4 + _NUMBER.unpack_from(table)[0]
    lengths, descriptions, functions, sizes, pointers = (array("I") for _ in range(5))
    marks, rest = bytearray(), []
    read_head, read = _HEAD.unpack_from, _NUMBER.unpack_from
    place, described, ended, pointed = first, 0, 0, 0
    while place + 4 + SHORTEST <= len(table):
        length, description, function, size = read_head(table, place)
        end = place + 4 + length
        if length < SHORTEST or end > len(table):
            break
        mark, behind = table[place + 16], place + 17
        if mark == _POINTER and length < SHORTEST + _NUMBER.size:
            break
        lengths.append(length)
        descriptions.append((description - (place + 4 - described)) & _MASK)
        if description:
            described = (place + 4 - description) & _MASK
            begin = (function + place + 8) & _MASK
            function = (begin - _aligned(ended)) & _MASK
            ended = (begin + size) & _MASK
        functions.append(function)
        sizes.append(size)
        marks.append(mark)
        if mark == _POINTER:
            pointer = (read(table, behind)[0] + behind) & _MASK
            pointers.append((pointer - pointed) & _MASK)
            pointed, behind = pointer, behind + 4
        rest.append(table[behind:end])
        place = end
    columns = [_columns(numbers) for numbers in (lengths, descriptions, functions, sizes)]
    begin_of_all = table[:4] + _NUMBER.pack(len(lengths)) + table[8:first]
    return b"".join([begin_of_all, *columns, marks, _columns(pointers), *rest, table[place:]])


def _aligned(address: int) -> int:
    """Where the next function begins, most probably."""
    return (address + 15) & ~15 & _MASK


def _columns(numbers: array[int]) -> bytes:
    data = struct.pack(f"<{len(numbers)}I", *numbers)
    return b"".join(data[byte::4] for byte in range(4))
