"""The BCJ filter: in x86-64 code, relative addresses of calls and operands become absolute.

All calls of one function are then equal. `launchers/onefile/bcj.c` reverses the filter and finds the same
instructions: only bytes before a relative address, which the filter does not change, identify an instruction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 1 << 29
"""Relative addresses below 512 MiB are converted; a larger number is hardly an address."""

_MASK = np.uint32(2 * REACH - 1)

CALL, CALL_SIZE = 0xE8, 5
"""Opcode and size of a near call."""

REX_W, REX_W_MASK, REX_W_SIZE = 0x48, 0xFB, 7
"""Prefix of 64-bit instructions (the mask ignores its bit R), and their size with a RIP-relative operand."""

VEX2, MIN_VEX2_BYTE, VEX2_SIZE = 0xC5, 0x80, 8
"""Prefix of vector instructions, the smallest value of its second byte, and their size."""

RIP_RELATIVE, RIP_RELATIVE_MASK = 0x05, 0xC7
"""The ModRM byte of a RIP-relative operand (the mask ignores the register)."""


def to_absolute(code: bytes) -> bytes:
    """The code with absolute addresses, counted from its first byte, in place of relative ones."""
    result = np.frombuffer(code, np.uint8).copy()
    offsets = _operand_offsets(result)
    relative = np.zeros(offsets.size, np.uint32)
    for i in range(4):
        relative |= result[offsets + i].astype(np.uint32) << np.uint32(8 * i)
    is_near = relative + np.uint32(REACH) <= _MASK
    offsets, relative = offsets[is_near], relative[is_near]
    absolute = ((relative + np.uint32(REACH) + offsets.astype(np.uint32)) & _MASK) - np.uint32(REACH)
    for i in range(4):
        result[offsets + i] = (absolute >> np.uint32(8 * i)).astype(np.uint8)
    return result.tobytes()


def _operand_offsets(code: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The offsets of relative addresses, in order."""
    sizes = _instruction_sizes(code)
    starts = np.flatnonzero(sizes)
    ends = starts + sizes[starts]
    return ends[_select_sequential(starts, ends)] - 4


def _instruction_sizes(code: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For each byte, the size of the instruction that begins there, if it has a known form; otherwise 0."""
    is_call, is_rip_relative = code == CALL, (code & RIP_RELATIVE_MASK) == RIP_RELATIVE
    sizes = np.zeros(code.size, np.uint8)
    count = max(0, code.size - CALL_SIZE + 1)
    sizes[:count][is_call[:count]] = CALL_SIZE
    count = max(0, code.size - REX_W_SIZE + 1)
    is_wide = (code[:count] & REX_W_MASK) == REX_W
    is_wide &= ~is_call[1:][:count] & is_rip_relative[2:][:count]
    sizes[:count][is_wide] = REX_W_SIZE
    count = max(0, code.size - VEX2_SIZE + 1)
    is_vector = (code[:count] == VEX2) & (code[1:][:count] >= MIN_VEX2_BYTE)
    is_vector &= ~is_call[1:][:count] & ~is_call[2:][:count] & is_rip_relative[3:][:count]
    sizes[:count][is_vector] = VEX2_SIZE
    return sizes


def _select_sequential(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which instructions a sequential reader finds that continues after the end of each one found.

    This computes the result for all instructions at once. Those that begin after the ends of all before them
    are found. Those that begin inside a found one are skipped. The few that remain are for the next round.
    """
    found = np.zeros(starts.size, np.bool_)
    undecided = np.arange(starts.size)
    while undecided.size:
        begin, end = starts[undecided], ends[undecided]
        furthest = np.maximum.accumulate(end)
        is_found = np.r_[True, begin[1:] >= furthest[:-1]]
        found[undecided[is_found]] = True
        covered = np.maximum.accumulate(np.where(is_found, end, 0))
        undecided = undecided[begin >= covered]
    return found
