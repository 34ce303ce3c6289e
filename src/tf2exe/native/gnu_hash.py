"""The section `.gnu.hash`, by which the loader finds a symbol, and the order of symbols that it needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf2exe.native.elf import Symbol

_WORD = 64
_SHIFT = 26


@dataclass(frozen=True)
class SymbolOrder:
    """The symbols that stay, by their old numbers: first those that cannot be looked up, then by buckets."""

    kept: list[int]
    hidden: int
    buckets: int


def sort_symbols(symbols: list[Symbol], free: bytearray) -> SymbolOrder:
    """The symbols that are not free, in the order of the table."""
    kept = [number for number in range(len(symbols)) if not free[number]]
    # Local symbols, of which the header of the table knows the number, come first; there they stay.
    found = [number for number in kept if symbols[number][3] and symbols[number][1] >> 4]
    hidden = [number for number in kept if not (symbols[number][3] and symbols[number][1] >> 4)]
    buckets = max(1, len(found) // 4)
    found.sort(key=lambda number: hash_of(symbols[number][0]) % buckets)
    return SymbolOrder(hidden + found, len(hidden), buckets)


def hash_of(name: bytes) -> int:
    """The hash that the loader computes."""
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def table(names: list[bytes], order: SymbolOrder) -> bytes:
    """The section `.gnu.hash`: a Bloom filter, the first symbol of each bucket, the hashes in order."""
    hashes = [hash_of(name) for name in names[order.hidden :]]
    words = 1
    while words * _WORD < 12 * len(hashes):
        words *= 2
    bloom, first, chain = [0] * words, [0] * order.buckets, []
    for number, value in enumerate(hashes):
        bloom[value // _WORD % words] |= 1 << value % _WORD | 1 << (value >> _SHIFT) % _WORD
        bucket = value % order.buckets
        first[bucket] = first[bucket] or order.hidden + number
        is_last = number + 1 == len(hashes) or hashes[number + 1] % order.buckets != bucket
        chain.append(value & ~1 | is_last)
    head = struct.pack("<IIII", order.buckets, order.hidden, words, _SHIFT)
    return head + struct.pack(f"<{words}Q{len(first) + len(chain)}I", *bloom, *first, *chain)
