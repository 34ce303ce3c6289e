"""How one chunk of a onefile is compressed: as a zstd frame."""

from __future__ import annotations

import zstandard

FILTERED_LEVEL = 10
"""The highest level; only it applies filters. Lower ones are zstd's level and nothing else."""

WINDOW_LOG = 26
"""A window as large as a chunk."""

TABLES_LOG = 23
"""What level 10 remembers of a chunk: its own tables (21, 22) forget most of a window of this size."""

SHORTEST_MATCH = 4
"""Machine code repeats in short pieces: 1 % smaller than the levels' own 5, for the same time."""


def decompress(stored: bytes, raw_size: int) -> bytes:
    """What `compress` was given, with filters still applied.

    Raises:
        ValueError: this is not a zstd frame.
    """
    try:
        return zstandard.decompress(stored, max_output_size=raw_size)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


def compress(data: bytes, level: int) -> bytes:
    """One chunk; the same contents give the same bytes on every machine.

    Args:
        data: the chunk, filtered.
        level: zstd's level, up to `FILTERED_LEVEL`.
    """
    tables = {"hash_log": TABLES_LOG, "chain_log": TABLES_LOG} if level >= FILTERED_LEVEL else {}
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, source_size=1 << WINDOW_LOG, window_log=WINDOW_LOG, min_match=SHORTEST_MATCH, **tables
    )
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)
