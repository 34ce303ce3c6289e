"""The filter of unwind tables (`.eh_frame`): columns, with differences in place of addresses.

Such a table is a list of records. A record has a length; the distance back to its CIE (common information
entry), or 0 if it is one itself; the start of its function, relative to this field; the function's size; the
size of its augmentation data, which often is a relative pointer to the function's exception table (LSDA);
and a few bytes of instructions. Compilers place functions one after the other, so most fields are nearly
known from the previous record. (Linux Standard Base Core, chapter 10.6.)

The result is as long as the table:

    the first record, a CIE, with the number of records after it in place of its 0
    columns of 17 bytes: length, CIE pointer, function start, function size, augmentation size
    columns of 4 bytes: the LSDA pointers of the records that have one
    the other bytes of all records
    the bytes after the last record

`launchers/onefile/eh_frame.c` reverses it.
"""

from __future__ import annotations

import struct
from array import array

MIN_RECORD_BYTES = 13
"""Bytes after the length of a record; 17 with an LSDA pointer."""

_BEGIN = struct.Struct("<II")
_HEADER = struct.Struct("<IIII")
_U32 = struct.Struct("<I")
_U32_MASK = 0xFFFFFFFF
_EXTENDED_LENGTH = 0xFFFFFFF0
"""Lengths from here on are escapes for 64-bit records, which the filter does not support."""

_LSDA_BYTES = 4
"""Size of the augmentation data of a record with an LSDA pointer."""


def is_table(begin: bytes, size: int) -> bool:
    """Whether `filter_table` supports a table of `size` bytes with these first bytes (at least 8)."""
    if min(len(begin), size) < _BEGIN.size:
        return False
    length, cie_pointer = _BEGIN.unpack_from(begin)
    fits = _U32.size <= length < _EXTENDED_LENGTH and length <= size - _U32.size
    return bool(fits and cie_pointer == 0)


def filter_table(table: bytes) -> bytes:
    """The filtered table.

    Raises:
        ValueError: the table does not begin with a CIE.
    """
    if not is_table(table, len(table)):
        raise ValueError("it does not begin with a CIE")
    first_end = 4 + _U32.unpack_from(table)[0]
    lengths, cie_pointers, starts, sizes, lsda_pointers = (array("I") for _ in range(5))
    augmentation_sizes, rest = bytearray(), []
    read_header, read_u32 = _HEADER.unpack_from, _U32.unpack_from
    offset, last_cie, last_function_end, last_lsda = first_end, 0, 0, 0
    while offset + 4 + MIN_RECORD_BYTES <= len(table):
        length, cie_pointer, start, size = read_header(table, offset)
        end = offset + 4 + length
        if length < MIN_RECORD_BYTES or end > len(table):
            break
        augmentation_size, rest_offset = table[offset + 16], offset + 17
        if augmentation_size == _LSDA_BYTES and length < MIN_RECORD_BYTES + _LSDA_BYTES:
            break
        lengths.append(length)
        cie_pointers.append((cie_pointer - (offset + 4 - last_cie)) & _U32_MASK)
        if cie_pointer:
            last_cie = (offset + 4 - cie_pointer) & _U32_MASK
            begin = (start + offset + 8) & _U32_MASK
            start = (begin - _align(last_function_end)) & _U32_MASK
            last_function_end = (begin + size) & _U32_MASK
        starts.append(start)
        sizes.append(size)
        augmentation_sizes.append(augmentation_size)
        if augmentation_size == _LSDA_BYTES:
            lsda = (read_u32(table, rest_offset)[0] + rest_offset) & _U32_MASK
            lsda_pointers.append((lsda - last_lsda) & _U32_MASK)
            last_lsda, rest_offset = lsda, rest_offset + _LSDA_BYTES
        rest.append(table[rest_offset:end])
        offset = end
    columns = [_byte_columns(numbers) for numbers in (lengths, cie_pointers, starts, sizes)]
    first = table[:4] + _U32.pack(len(lengths)) + table[8:first_end]
    return b"".join(
        [first, *columns, augmentation_sizes, _byte_columns(lsda_pointers), *rest, table[offset:]]
    )


def _align(address: int) -> int:
    """The probable start of the next function: compilers align functions to 16 bytes."""
    return (address + 15) & ~15 & _U32_MASK


def _byte_columns(numbers: array[int]) -> bytes:
    data = struct.pack(f"<{len(numbers)}I", *numbers)
    return b"".join(data[byte::4] for byte in range(4))
