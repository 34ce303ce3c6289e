"""The builder's cache of compressed chunks on disk."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from tf2exe.onefile.archive_format import HASH_SIZE, hash_bytes
from tf2exe.system.atomic_write import atomic_write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_CACHE_BYTES = 1 << 30
"""`prune` deletes the least recently used chunks until the cache is this small."""

STALE_SECONDS = 3600
"""Writing a chunk never takes this long: an older temporary file belongs to a killed build."""


class ChunkCache:
    """Stores compressed chunks, each with a checksum, in a folder that builds may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = Lock()
        self._locks: dict[str, Lock] = {}

    def get_or_make(self, name: str, make: Callable[[], bytes]) -> tuple[bytes, bool]:
        """The chunk called `name`, and whether it was cached; if not, `make` makes it, once per name."""
        with self._guard:
            lock = self._locks.setdefault(name, Lock())
        with lock:
            data = self._read(name)
            if data is not None:
                return data, True
            data = make()
            with atomic_write(self._folder / name) as file:
                file.write(hash_bytes(data) + data)
            return data, False

    def _read(self, name: str) -> bytes | None:
        """A chunk, which is marked as used; None: it is missing or damaged."""
        path = self._folder / name
        try:
            stored = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        data = stored[HASH_SIZE:]
        return data if data and hash_bytes(data) == stored[:HASH_SIZE] else None

    def prune(self) -> None:
        """Deletes the least recently used chunks above `MAX_CACHE_BYTES`, and files of killed builds."""
        if not self._folder.is_dir():
            return
        files = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another build renames and deletes files at the same time
                files.append((path.stat(), path))
        for status, path in files:
            if path.name.startswith(".") and status.st_mtime < time.time() - STALE_SECONDS:
                path.unlink(missing_ok=True)
        files.sort(key=lambda item: item[0].st_mtime)
        excess = sum(status.st_size for status, _ in files) - MAX_CACHE_BYTES
        for status, path in files:
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= status.st_size
