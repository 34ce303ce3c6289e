"""How one chunk of a onefile is compressed: as a frame of zstd, or with LZMA."""

from __future__ import annotations

import zstandard

try:
    import lzma
except ImportError:  # a Python that was built where there was no liblzma
    HAS_LZMA = False
else:
    HAS_LZMA = True

FILTERED_LEVEL = 10
"""Below: zstd's level, nothing else. From here on filters; above also LZMA, where it is smaller."""

THOROUGH_LEVEL = 16
"""From here on LZMA takes all the time that it can use."""

WINDOW_LOG = 26
"""A window as large as a chunk."""

TABLES_LOG = 23
"""What level 10 remembers of a chunk: its own tables (21, 22) forget most of a window of this size."""

SHORTEST_MATCH = 4
"""Machine code repeats in short pieces: 1 % smaller than the levels' own 5, for the same time."""

LITERALS, POSITIONS = 3, 2
"""LZMA guesses a byte from 3 bits of the one before it and, in matches, from its place modulo 4."""

PARAMETERS = POSITIONS * 45 + LITERALS
"""Begins a chunk of LZMA; a frame of zstd begins otherwise."""


def zstd(data: bytes, level: int) -> bytes:
    """A zstd frame, with the window of a chunk."""
    tables = {"hash_log": TABLES_LOG, "chain_log": TABLES_LOG} if level >= FILTERED_LEVEL else {}
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, source_size=1 << WINDOW_LOG, window_log=WINDOW_LOG, min_match=SHORTEST_MATCH, **tables
    )
    return zstandard.ZstdCompressor(compression_params=parameters).compress(data)


def lzma_stream(data: bytes, level: int) -> bytes:
    """A chunk of LZMA, as `launchers/lzma.c` reads it: a byte with the parameters, and the bare stream."""
    search = (
        {"mf": lzma.MF_BT4, "nice_len": 64}
        if level >= THOROUGH_LEVEL
        else {"mf": lzma.MF_HC4, "nice_len": 24, "depth": 8}
    )
    filters = [{**_lzma_filter(len(data)), "mode": lzma.MODE_NORMAL, **search}]
    return bytes([PARAMETERS]) + lzma.compress(data, lzma.FORMAT_RAW, filters=filters)


def _lzma_filter(raw_size: int) -> dict[str, int]:
    """What coding and decoding have in common; LZMA's smallest dictionary has 4 KB."""
    window = max(raw_size, 4096)
    return {"id": lzma.FILTER_LZMA1, "lc": LITERALS, "lp": 0, "pb": POSITIONS, "dict_size": window}


def decompress(stored: bytes, raw_size: int) -> bytes:
    """What `compress` was given, with filters still applied.

    Raises:
        ValueError: these are other bytes.
    """
    if not stored.startswith(bytes([PARAMETERS])):
        try:
            return zstandard.decompress(stored, max_output_size=raw_size)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from error
    try:
        decoder = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[_lzma_filter(raw_size)])
        return decoder.decompress(stored[1:], raw_size)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from error


def compress(data: bytes, level: int) -> bytes:
    """One chunk; the same contents give the same bytes on every machine.

    Args:
        data: the chunk, filtered.
        level: up to `FILTERED_LEVEL` (10) that one of zstd; 11 to 15 LZMA wherever it is smaller; 16 to
            22 the same, thoroughly.
    """
    frame = zstd(data, min(level, FILTERED_LEVEL))
    if level <= FILTERED_LEVEL or not HAS_LZMA:
        return frame
    return min(lzma_stream(data, level), frame, key=len)
