"""Chunks of the raw stream, filtered and compressed in threads, and kept on disk for the next build."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from threading import Lock, get_native_id
from typing import TYPE_CHECKING

import zstandard

from tf2exe.errors import PackageError
from tf2exe.onefile import archive_format, codec, filters, regions
from tf2exe.onefile.codec import FILTERED_LEVEL
from tf2exe.onefile.filters import WHOLE
from tf2exe.system import host
from tf2exe.system.atomic_write import atomic_write
from tf2exe.system.daemon_pool import DaemonThreadPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from tf2exe.onefile.filters import Region
    from tf2exe.onefile.stream import Piece

CACHE_BYTES = 1 << 30
"""What the cache of compressed chunks may hold; the least recently used go first."""

STALE_SECONDS = 3600
"""Nobody writes a chunk for so long."""

LOW_PRIORITY = 10
"""Of threads that compress ahead: beside a compiler they get a tenth of a processor."""


class Chunks:
    """Compresses chunks in threads, and keeps them on disk under a hash of their contents and parameters.

    Attributes:
        found: how many chunks came from the cache.
    """

    def __init__(self, level: int, jobs: int, cache: Path | None) -> None:
        self.level, self.jobs = level, jobs
        self.found = 0
        self._cache = cache
        version = ".".join(map(str, zstandard.ZSTD_VERSION))
        self._key = f"6 zstd {version} level {level}".encode()
        self._regions: dict[Path, tuple[Region, ...]] = {}
        self._guard = Lock()
        self._under_way: dict[Path, Lock] = {}

    def compress(
        self, folder: Path, plan: list[list[Piece]]
    ) -> Iterator[tuple[bytes, archive_format.StoredChunk]]:
        """Each chunk's bytes and description, in order; at most `jobs` and a few are in memory."""
        waiting: deque[Future[tuple[bytes, archive_format.StoredChunk, bool]]] = deque()
        with DaemonThreadPool(self.jobs) as pool:
            for number in range(len(plan) + self.jobs + 1):
                if number < len(plan):
                    waiting.append(pool.submit(partial(self._compress, folder, plan[number])))
                if waiting and number > self.jobs:
                    data, chunk, found = waiting.popleft().result()
                    self.found += found
                    yield data, chunk

    @contextmanager
    def ahead(self) -> Iterator[Callable[[Path, list[list[Piece]]], None]]:
        """Gives what begins to compress chunks of a folder into the cache, while others work.

        The threads yield to others. What was not begun when the context ends is left to `compress`, which
        waits for the chunks that are under way, and meets whatever error there was.
        """
        with DaemonThreadPool(self.jobs, _yield_to_others) as pool:

            def begin(folder: Path, plan: list[list[Piece]]) -> None:
                for pieces in plan if self._cache else ():
                    pool.submit(partial(self._compress, folder, pieces))

            yield begin

    def _compress(self, folder: Path, pieces: list[Piece]) -> tuple[bytes, archive_format.StoredChunk, bool]:
        raw = b"".join(_read(folder, piece) for piece in pieces)
        regions = tuple(self._regions_in(folder, pieces)) if self.level >= FILTERED_LEVEL else ()
        if self._cache is None:
            data, found = self._compressed(raw, regions), False
        else:
            kept = self._cache / self._name(raw, regions)
            with self._guard:
                under_way = self._under_way.setdefault(kept, Lock())
            with under_way:
                data, found = self._kept(kept, lambda: self._compressed(raw, regions))
        return (
            data,
            archive_format.StoredChunk(len(data), len(raw), archive_format.digest(data), regions),
            found,
        )

    def _compressed(self, raw: bytes, regions: tuple[Region, ...]) -> bytes:
        return codec.compress(filters.apply(raw, regions), self.level)

    @staticmethod
    def _kept(kept: Path, make: Callable[[], bytes]) -> tuple[bytes, bool]:
        """A chunk, and whether it was in the cache; else it is there now."""
        data = _read_kept(kept)
        if data is not None:
            return data, True
        data = make()
        with atomic_write(kept) as file:
            file.write(archive_format.digest(data) + data)
        return data, False

    def _name(self, raw: bytes, regions: tuple[Region, ...]) -> str:
        name = hashlib.blake2b(raw, digest_size=20, key=self._key)
        name.update(b"".join(map(archive_format.pack_region, regions)))
        return name.hexdigest()

    def _regions_in(self, folder: Path, pieces: list[Piece]) -> Iterator[Region]:
        """The regions of the files as they lie in a chunk."""
        behind = 0
        for piece in pieces:
            path = folder / piece.path
            if path not in self._regions:
                self._regions[path] = regions.regions(path)
            for region in self._regions[path]:
                start = max(region.offset, piece.offset)
                end = min(region.offset + region.size, piece.offset + piece.size)
                is_cut = end - start < region.size
                if start < end and not (is_cut and region.filter in WHOLE):
                    yield replace(region, offset=behind + start - piece.offset, size=end - start)
            behind += piece.size

    def prune(self) -> None:
        """Removes what was not used for longest, as far as the cache is larger than CACHE_BYTES.

        And what a build that was killed has half written.
        """
        if self._cache is None or not self._cache.is_dir():
            return
        kept = []
        for path in self._cache.iterdir():
            with suppress(FileNotFoundError):  # another build names and removes its own at the same time
                kept.append((path.stat(), path))
        for status, path in kept:
            if path.name.startswith(".") and status.st_mtime < time.time() - STALE_SECONDS:
                path.unlink(missing_ok=True)
        kept.sort(key=lambda item: item[0].st_mtime)
        excess = sum(status.st_size for status, _ in kept) - CACHE_BYTES
        for status, path in kept:
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= status.st_size


def _yield_to_others() -> None:
    """Gives the processor first to the compilers that run meanwhile."""
    if host.IS_LINUX:  # elsewhere a priority is a process's, not a thread's
        os.setpriority(os.PRIO_PROCESS, get_native_id(), LOW_PRIORITY)


def _read(folder: Path, piece: Piece) -> bytes:
    with (folder / piece.path).open("rb") as file:
        file.seek(piece.offset)
        data = file.read(piece.size)
    if len(data) != piece.size:
        raise PackageError(f"{piece.path} changed while it was packed", "it is shorter now", "build again")
    return data


def _read_kept(kept: Path) -> bytes | None:
    """A chunk from the cache, unless it is missing or damaged; marks it as used."""
    try:
        stored = kept.read_bytes()
        os.utime(kept)
    except OSError:
        return None
    data = stored[archive_format.HASH_SIZE :]
    return data if data and archive_format.digest(data) == stored[: archive_format.HASH_SIZE] else None
