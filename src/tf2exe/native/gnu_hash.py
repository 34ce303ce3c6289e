"""Writes `.gnu.hash`, the hash table of a library's symbols, and sorts the symbols for it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf2exe.native.elf import Symbol

_WORD_BITS = 64
_BLOOM_SHIFT = 26


@dataclass(frozen=True)
class SymbolOrder:
    """The old numbers of the kept symbols: first `unhashed` ones without a lookup, then sorted by bucket."""

    kept: list[int]
    unhashed: int
    buckets: int


def sort_symbols(symbols: list[Symbol], removed: bytearray) -> SymbolOrder:
    """Sorts the symbols that are not removed."""
    kept = [number for number in range(len(symbols)) if not removed[number]]
    # Local symbols stay first; the section header has their number.
    hashed = [number for number in kept if symbols[number][3] and symbols[number][1] >> 4]
    unhashed = [number for number in kept if not (symbols[number][3] and symbols[number][1] >> 4)]
    buckets = max(1, len(hashed) // 4)
    hashed.sort(key=lambda number: hash_name(symbols[number][0]) % buckets)
    return SymbolOrder(unhashed + hashed, len(unhashed), buckets)


def hash_name(name: bytes) -> int:
    """The hash of a name, as the loader computes it (DJB2)."""
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def pack_table(names: list[bytes], order: SymbolOrder) -> bytes:
    """The section's bytes: Bloom filter, first symbol of each bucket, chain of hashes."""
    hashes = [hash_name(name) for name in names[order.unhashed :]]
    words = 1
    while words * _WORD_BITS < 12 * len(hashes):
        words *= 2
    bloom, first, chain = [0] * words, [0] * order.buckets, []
    for number, value in enumerate(hashes):
        bloom[value // _WORD_BITS % words] |= (
            1 << value % _WORD_BITS | 1 << (value >> _BLOOM_SHIFT) % _WORD_BITS
        )
        bucket = value % order.buckets
        first[bucket] = first[bucket] or order.unhashed + number
        is_last = number + 1 == len(hashes) or hashes[number + 1] % order.buckets != bucket
        chain.append(value & ~1 | is_last)
    head = struct.pack("<IIII", order.buckets, order.unhashed, words, _BLOOM_SHIFT)
    return head + struct.pack(f"<{words}Q{len(first) + len(chain)}I", *bloom, *first, *chain)
