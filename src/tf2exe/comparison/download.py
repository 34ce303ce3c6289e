"""The download size of a build."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import zstandard

from tf2exe.system.file_tree import list_files

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import ReadableBuffer as Buffer

LEVEL = 10


class _Counter(io.BytesIO):
    """A file that only counts bytes."""

    size = 0

    def write(self, data: Buffer, /) -> int:
        size = memoryview(data).nbytes
        self.size += size
        return size


def compressed_size(path: Path) -> int:
    """The size of all files in one zstd stream, as in an archive for a download."""
    counter = _Counter()
    compressor = zstandard.ZstdCompressor(level=LEVEL, threads=-1)
    seen: set[tuple[int, int]] = set()
    with compressor.stream_writer(counter, closefd=False) as out:
        for file in list_files(path):
            status = file.stat()
            if file.is_symlink() or (status.st_dev, status.st_ino) in seen:
                continue
            if status.st_nlink > 1:
                seen.add((status.st_dev, status.st_ino))
            with file.open("rb") as data:
                shutil.copyfileobj(data, out, 1 << 20)
    return counter.size
