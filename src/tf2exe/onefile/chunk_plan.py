"""Divides the raw stream of a onefile, the concatenated contents of all files, into chunks.

The divisions are stable: a change of the application leaves the chunks of bundled packages as they were, so
that the next build finds them in the cache of compressed chunks.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.onefile.archive_format import ArchiveEntry, EntryKind
from tf2exe.onefile.regions import find_regions
from tf2exe.onefile.scan import is_bundled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK_BYTES = 64 << 20
"""Raw bytes of a full chunk. In machine code, repetitions are far apart: chunks of 16 MB make a onefile 3 %
larger. But the first start works in many threads, and each holds a chunk in memory."""

SMALL_CHUNK_BYTES = 16 << 20
"""The same in a stream below `LARGE_STREAM_BYTES`, which would otherwise have fewer chunks than threads."""

LARGE_STREAM_BYTES = 256 << 20

MIN_GROUP_BYTES = 16 << 20
"""A group of small files that is at least this large ends at the next file that `_ends_group` accepts."""

MIN_SECTION_BYTES = 1 << 20
"""A section of a large library that is at least this large has its own chunks."""


@dataclass(frozen=True)
class FileSlice:
    """A range of bytes of a file, part of a chunk; `path` is relative to the folder that is packed."""

    path: str
    offset: int
    size: int


def plan_chunks(folder: Path, entries: Iterable[ArchiveEntry]) -> list[list[FileSlice]]:
    """Divides the raw stream into chunks.

    Files that fill a chunk are divided on their own, smaller ones are grouped. The end of a group depends on
    the paths near it, not only on the files before it. So an additional file changes a few chunks, not all
    that follow, and the others are found in the cache of compressed chunks.
    """
    files = [entry for entry in entries if entry.is_file and entry.size]
    full_size = _full_chunk_size(sum(entry.size for entry in files))
    min_group = min(MIN_GROUP_BYTES, full_size // 4)
    chunks: list[list[FileSlice]] = []
    group: list[FileSlice] = []
    group_size, was_bundled = 0, True
    for entry in files:
        bundled = is_bundled(entry.path)
        if group and (group_size + entry.size > full_size or bundled != was_bundled):
            chunks.append(group)
            group, group_size = [], 0
        was_bundled = bundled
        if entry.size >= full_size:
            chunks.extend(_split_file(folder, entry, full_size))
            continue
        group.append(FileSlice(entry.path, 0, entry.size))
        group_size += entry.size
        if group_size >= min_group and _ends_group(entry.path):
            chunks.append(group)
            group, group_size = [], 0
    return [*chunks, group] if group else chunks


def plan_large_files(paths: Iterable[Path], stream_size: int) -> list[list[FileSlice]]:
    """The chunks of those files that will have their own in a stream of `stream_size` bytes.

    They can be compressed before the rest of the stream is known.
    """
    full_size = _full_chunk_size(stream_size)
    files = [ArchiveEntry(str(path), EntryKind.FILE, path.stat().st_size) for path in paths]
    large = [file for file in files if file.size >= full_size]
    return [chunk for file in large for chunk in _split_file(Path(), file, full_size)]


def _full_chunk_size(stream_size: int) -> int:
    return CHUNK_BYTES if stream_size >= LARGE_STREAM_BYTES else min(CHUNK_BYTES, SMALL_CHUNK_BYTES)


def _split_file(folder: Path, entry: ArchiveEntry, full_size: int) -> Iterator[list[FileSlice]]:
    """Divides a large file at the borders of its large sections, and these into chunks of `full_size`."""
    borders = {0, entry.size}
    for region in find_regions(folder / entry.path):
        if region.size >= MIN_SECTION_BYTES:
            borders |= {region.offset, region.offset + region.size}
    for start, end in pairwise(sorted(borders)):
        for offset in range(start, end, full_size):
            yield [FileSlice(entry.path, offset, min(full_size, end - offset))]


def _ends_group(path: str) -> bool:
    """Whether a group may end after a file.

    A bytecode archive ends a group. A bundled source does not, because the archive with its bytecode follows:
    in the same chunk, their common text is stored once.
    """
    if is_bundled(path) and path.endswith(".py"):
        return False
    return layout.last_module(path) is not None or zlib.crc32(os.fsencode(path)) % 64 == 0
