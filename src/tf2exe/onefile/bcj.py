"""The filter ADDRESSES: in x86-64 code, the distance to what an instruction names becomes its address.

Calls of one function then look alike wherever they stand. `launchers/onefile/bcj.c` undoes it, and finds the
same instructions: whatever is looked at stands before the distance, and is no distance itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 1 << 29
"""Distances below 512 MiB are made addresses; whatever is larger is hardly a distance."""

_MASK = np.uint32(2 * REACH - 1)

CALL, CALL_SIZE = 0xE8, 5
WIDE, WIDE_MASK, WIDE_SIZE = 0x48, 0xFB, 7
"""How 64-bit instructions begin: with this byte, but for one bit."""

VECTOR, VECTOR_LEAST, VECTOR_SIZE = 0xC5, 0x80, 8
"""How vector instructions begin, and the least second byte of those that are meant here."""

NAMED, NAMED_MASK = 0x05, 0xC7
"""The byte that says that the operand is named by its distance, but for the register in it."""


def as_addresses(code: bytes) -> bytes:
    """The code with addresses, as distances from its first byte, in the place of distances."""
    result = np.frombuffer(code, np.uint8).copy()
    places = _places(result)
    distances = np.zeros(places.size, np.uint32)
    for i in range(4):
        distances |= result[places + i].astype(np.uint32) << np.uint32(8 * i)
    is_near = distances + np.uint32(REACH) <= _MASK
    places, distances = places[is_near], distances[is_near]
    addresses = ((distances + np.uint32(REACH) + places.astype(np.uint32)) & _MASK) - np.uint32(REACH)
    for i in range(4):
        result[places + i] = (addresses >> np.uint32(8 * i)).astype(np.uint8)
    return result.tobytes()


def _places(code: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where distances begin, in order."""
    sizes = _sizes(code)
    starts = np.flatnonzero(sizes)
    ends = starts + sizes[starts]
    return ends[_apart(starts, ends)] - 4


def _sizes(code: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The size of the instruction that begins at each byte, if it looks like one of ours; else 0."""
    is_call, is_named = code == CALL, (code & NAMED_MASK) == NAMED
    sizes = np.zeros(code.size, np.uint8)
    count = max(0, code.size - CALL_SIZE + 1)
    sizes[:count][is_call[:count]] = CALL_SIZE
    count = max(0, code.size - WIDE_SIZE + 1)
    is_wide = (code[:count] & WIDE_MASK) == WIDE
    is_wide &= ~is_call[1:][:count] & is_named[2:][:count]
    sizes[:count][is_wide] = WIDE_SIZE
    count = max(0, code.size - VECTOR_SIZE + 1)
    is_vector = (code[:count] == VECTOR) & (code[1:][:count] >= VECTOR_LEAST)
    is_vector &= ~is_call[1:][:count] & ~is_call[2:][:count] & is_named[3:][:count]
    sizes[:count][is_vector] = VECTOR_SIZE
    return sizes


def _apart(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of these a reader finds who goes on behind each that he has found.

    Found is who begins behind the ends of all before him. Whoever begins inside of one that is found is
    passed over; for the few that are left it begins again.
    """
    found = np.zeros(starts.size, np.bool_)
    open_ones = np.arange(starts.size)
    while open_ones.size:
        begin, end = starts[open_ones], ends[open_ones]
        furthest = np.maximum.accumulate(end)
        is_found = np.r_[True, begin[1:] >= furthest[:-1]]
        found[open_ones[is_found]] = True
        covered = np.maximum.accumulate(np.where(is_found, end, 0))
        open_ones = open_ones[begin >= covered]
    return found
