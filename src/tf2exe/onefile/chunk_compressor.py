"""Filters and compresses the chunks of a onefile in threads."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from threading import get_native_id
from typing import TYPE_CHECKING

import zstandard

from tf2exe.errors import PackageError
from tf2exe.onefile import archive_format, codec, filters, regions
from tf2exe.onefile.chunk_cache import ChunkCache
from tf2exe.onefile.filters import INDIVISIBLE
from tf2exe.system import host
from tf2exe.system.daemon_pool import DaemonThreadPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from tf2exe.onefile.archive_format import StoredChunk
    from tf2exe.onefile.chunk_plan import FileSlice
    from tf2exe.onefile.filters import Region

LOW_PRIORITY = 10
"""Nice value of threads that precompress: next to a compiler they get a tenth of a processor."""

_KEY_VERSION = 6
"""Part of the name of each cached chunk; raise it if filters or codec produce other bytes."""


class ChunkCompressor:
    """Compresses chunks in threads; a cache on disk has them by a hash of their contents and parameters.

    Attributes:
        level: the compression level (see `codec.compress`).
        jobs: the number of threads.
        cache_hits: how many chunks of `compress` came from the cache.
    """

    def __init__(self, level: int, jobs: int, cache: Path | None) -> None:
        self.level, self.jobs = level, jobs
        self.cache_hits = 0
        self._cache = None if cache is None else ChunkCache(cache)
        version = ".".join(map(str, zstandard.ZSTD_VERSION))
        self._key = f"{_KEY_VERSION} zstd {version} level {level}".encode()
        self._regions: dict[Path, tuple[Region, ...]] = {}

    def compress(self, folder: Path, plan: list[list[FileSlice]]) -> Iterator[tuple[bytes, StoredChunk]]:
        """Each chunk's bytes and description, in order; about `jobs` chunks are in memory at a time.

        Raises:
            PackageError: a file became shorter meanwhile.
            OSError: a file cannot be read, or the cache cannot be written.
        """
        pending: deque[Future[tuple[bytes, StoredChunk, bool]]] = deque()
        with DaemonThreadPool(self.jobs) as pool:
            for number in range(len(plan) + self.jobs + 1):
                if number < len(plan):
                    pending.append(pool.submit(partial(self._compress_chunk, folder, plan[number])))
                if pending and number > self.jobs:
                    data, chunk, is_hit = pending.popleft().result()
                    self.cache_hits += is_hit
                    yield data, chunk

    @contextmanager
    def precompress(self) -> Iterator[Callable[[Path, list[list[FileSlice]]], None]]:
        """Provides a function that compresses chunks of a folder into the cache in the background.

        The threads have a low priority. Chunks that have not begun when the context ends are left to
        `compress`, which waits for those in progress, and raises the errors.
        """
        with DaemonThreadPool(self.jobs, _lower_priority) as pool:

            def submit(folder: Path, plan: list[list[FileSlice]]) -> None:
                for slices in plan if self._cache else ():
                    pool.submit(partial(self._compress_chunk, folder, slices))

            yield submit

    def prune_cache(self) -> None:
        """Deletes what the cache no longer needs (see `ChunkCache.prune`)."""
        if self._cache is not None:
            self._cache.prune()

    def _compress_chunk(self, folder: Path, slices: list[FileSlice]) -> tuple[bytes, StoredChunk, bool]:
        """The chunk's bytes, its description, and whether it came from the cache."""
        raw = b"".join(_read_slice(folder, part) for part in slices)
        filtered = tuple(self._chunk_regions(folder, slices)) if self.level >= codec.FILTERED_LEVEL else ()
        make = partial(self._filter_and_compress, raw, filtered)
        if self._cache is None:
            data, is_hit = make(), False
        else:
            data, is_hit = self._cache.get_or_make(self._cache_name(raw, filtered), make)
        digest = archive_format.hash_bytes(data)
        return data, archive_format.StoredChunk(len(data), len(raw), digest, filtered), is_hit

    def _filter_and_compress(self, raw: bytes, filtered: tuple[Region, ...]) -> bytes:
        return codec.compress(filters.apply_filters(raw, filtered), self.level)

    def _cache_name(self, raw: bytes, filtered: tuple[Region, ...]) -> str:
        name = hashlib.blake2b(raw, digest_size=20, key=self._key)
        name.update(b"".join(map(archive_format.encode_region, filtered)))
        return name.hexdigest()

    def _chunk_regions(self, folder: Path, slices: list[FileSlice]) -> Iterator[Region]:
        """The regions of the files, with their offsets in the chunk."""
        chunk_offset = 0
        for part in slices:
            path = folder / part.path
            if path not in self._regions:
                self._regions[path] = regions.find_regions(path)
            for region in self._regions[path]:
                start = max(region.offset, part.offset)
                end = min(region.offset + region.size, part.offset + part.size)
                is_divided = end - start < region.size
                if start < end and not (is_divided and region.filter in INDIVISIBLE):
                    yield replace(region, offset=chunk_offset + start - part.offset, size=end - start)
            chunk_offset += part.size


def _lower_priority() -> None:
    """Lets the compilers, which run at the same time, use the processor first."""
    if host.IS_LINUX:  # other systems have a priority per process, not per thread
        os.setpriority(os.PRIO_PROCESS, get_native_id(), LOW_PRIORITY)


def _read_slice(folder: Path, part: FileSlice) -> bytes:
    with (folder / part.path).open("rb") as file:
        file.seek(part.offset)
        data = file.read(part.size)
    if len(data) != part.size:
        raise PackageError(f"{part.path} changed while it was packed", "it is shorter now", "build again")
    return data
