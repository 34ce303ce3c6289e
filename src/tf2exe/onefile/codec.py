"""Compresses and decompresses one chunk of a onefile as a zstd frame."""

from __future__ import annotations

import zstandard

FILTERED_LEVEL = 10
"""The highest level, and the only one with filters. Lower levels are those of zstd."""

WINDOW_LOG = 26
"""The window holds a full chunk (64 MiB)."""

TABLE_LOG = 23
"""Size of the match finder's tables at level 10. zstd's own (21, 22) are too small for such a window."""

MIN_MATCH = 4
"""zstd's default is 5. Repetitions in machine code are short: 4 gives 1 % less in the same time."""


def decompress(stored: bytes, raw_size: int) -> bytes:
    """The chunk that `compress` compressed, with its filters still applied.

    Raises:
        ValueError: `stored` is not a zstd frame.
    """
    try:
        return zstandard.decompress(stored, max_output_size=raw_size)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def compress(data: bytes, level: int) -> bytes:
    """The compressed chunk; the same contents give the same bytes on every machine.

    Args:
        data: the chunk, filtered.
        level: zstd's level, from 1 to `FILTERED_LEVEL`.
    """
    tables = {"hash_log": TABLE_LOG, "chain_log": TABLE_LOG} if level >= FILTERED_LEVEL else {}
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, source_size=1 << WINDOW_LOG, window_log=WINDOW_LOG, min_match=MIN_MATCH, **tables
    )
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)
