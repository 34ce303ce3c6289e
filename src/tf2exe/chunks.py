"""Chunks of the raw stream, filtered and compressed in threads, and kept on disk for the next build.

Whether a chunk is worth LZMA is decided by compressing a few slices of it both ways, and comparing sizes.
Time never decides: the same contents give the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import zstandard

from tf2exe import filters, payload, sections, stream
from tf2exe.errors import PackageError
from tf2exe.filters import WHOLE
from tf2exe.whole import written_whole

try:
    import lzma
except ImportError:  # a Python that was built where there was no liblzma
    HAS_LZMA = False
else:
    HAS_LZMA = True

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tf2exe.filters import Region
    from tf2exe.stream import Piece

ADAPTIVE_LEVEL = 10
"""Below: zstd's level, nothing else. Here: filters, and LZMA where it pays. Above: where it is smaller."""

THOROUGH_LEVEL = 16
"""From here on LZMA takes all the time that it can use."""

CACHE_BYTES = 1 << 30
"""What the cache of compressed chunks may hold; the least recently used go first."""

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

SLICES, SLICE_BYTES = 3, 256 << 10

WORTH, WORTH_IN_LARGE = 0.11, 0.2
"""LZMA pays where it is smaller by this part of itself: its time, here and later, goes with its size. The
second is for a stream of `stream.LARGE_BYTES`, where it is a matter of minutes."""


def zstd(data: bytes, level: int) -> bytes:
    """A zstd frame, with the window of a chunk."""
    tables = {"hash_log": TABLES_LOG, "chain_log": TABLES_LOG} if level >= ADAPTIVE_LEVEL else {}
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


def compress(data: bytes, level: int, worth: float = WORTH) -> bytes:
    """One chunk, as a zstd frame or with LZMA."""
    if level < ADAPTIVE_LEVEL or not HAS_LZMA:
        return zstd(data, level)
    if level > ADAPTIVE_LEVEL:
        return min(lzma_stream(data, level), zstd(data, ADAPTIVE_LEVEL), key=len)
    starts = [max(0, (len(data) - SLICE_BYTES) * number // (SLICES - 1)) for number in range(SLICES)]
    slices = [data[start : start + SLICE_BYTES] for start in sorted(set(starts))]
    small = sum(len(lzma_stream(part, level)) for part in slices)
    saved = sum(len(zstd(part, level)) for part in slices) - small
    return (lzma_stream if saved > worth * small else zstd)(data, level)


class Chunks:
    """Compresses chunks in threads, and keeps them on disk under a hash of their contents and parameters."""

    def __init__(self, folder: Path, level: int, cache: Path | None) -> None:
        self.folder = folder
        self.found = 0
        self._level = level
        self._worth = WORTH
        self._cache = cache
        version = ".".join(map(str, zstandard.ZSTD_VERSION))
        self._key = f"5 zstd {version} lzma {HAS_LZMA} level {level}".encode()
        self._regions: dict[str, tuple[Region, ...]] = {}
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)

    def compress(self, plan: list[list[Piece]], jobs: int) -> Iterator[tuple[bytes, payload.StoredChunk]]:
        """Each chunk's bytes and description, in order; at most `jobs` and a few are in memory."""
        is_large = stream.is_large(chain.from_iterable(plan))
        self._worth = WORTH_IN_LARGE if is_large else WORTH
        waiting: deque[Future[tuple[bytes, payload.StoredChunk, bool]]] = deque()
        with ThreadPoolExecutor(jobs) as pool:
            try:
                for number in range(len(plan) + jobs + 1):
                    if number < len(plan):
                        waiting.append(pool.submit(self._compress, plan[number]))
                    if waiting and number > jobs:
                        data, chunk, found = waiting.popleft().result()
                        self.found += found
                        yield data, chunk
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _compress(self, pieces: list[Piece]) -> tuple[bytes, payload.StoredChunk, bool]:
        raw = b"".join(map(self._read, pieces))
        regions = tuple(self._regions_in(pieces)) if self._level >= ADAPTIVE_LEVEL else ()
        kept = self._cache and self._cache / self._name(raw, regions)
        data = _read_kept(kept) if kept else None
        found = data is not None
        if data is None:
            data = compress(filters.apply(raw, regions), self._level, self._worth)
            if kept:
                with written_whole(kept) as file:
                    file.write(payload.digest(data) + data)
        return data, payload.StoredChunk(len(data), len(raw), payload.digest(data), regions), found

    def _name(self, raw: bytes, regions: tuple[Region, ...]) -> str:
        name = hashlib.blake2b(raw, digest_size=20, key=self._key)
        name.update(b"".join(map(payload.pack_region, regions)) + f"{self._worth}".encode())
        return name.hexdigest()

    def _read(self, piece: Piece) -> bytes:
        with (self.folder / piece.path).open("rb") as file:
            file.seek(piece.offset)
            data = file.read(piece.size)
        if len(data) != piece.size:
            raise PackageError(
                f"{piece.path} changed while it was packed", "it became shorter", "build again"
            )
        return data

    def _regions_in(self, pieces: list[Piece]) -> Iterator[Region]:
        """The regions of the files as they lie in a chunk."""
        behind = 0
        for piece in pieces:
            if piece.path not in self._regions:
                self._regions[piece.path] = sections.regions(self.folder / piece.path)
            for region in self._regions[piece.path]:
                start = max(region.offset, piece.offset)
                end = min(region.offset + region.size, piece.offset + piece.size)
                is_cut = end - start < region.size
                if start < end and not (is_cut and region.filter in WHOLE):
                    yield replace(region, offset=behind + start - piece.offset, size=end - start)
            behind += piece.size

    def prune(self) -> None:
        """Removes what was not used for longest, as far as the cache is larger than CACHE_BYTES."""
        if self._cache is None:
            return
        kept = []
        for path in self._cache.iterdir():
            with suppress(FileNotFoundError):  # another build names and removes its own at the same time
                kept.append((path.stat(), path))
        kept.sort(key=lambda item: item[0].st_mtime)
        excess = sum(status.st_size for status, _ in kept) - CACHE_BYTES
        for status, path in kept:
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= status.st_size


def _read_kept(kept: Path) -> bytes | None:
    """A chunk from the cache, unless it is missing or damaged; marks it as used."""
    try:
        stored = kept.read_bytes()
        os.utime(kept)
    except OSError:
        return None
    data = stored[payload.HASH_SIZE :]
    return data if data and payload.digest(data) == stored[: payload.HASH_SIZE] else None
