"""Packs a standalone folder into one executable file.

The result is a small native launcher, followed by the compressed folder. The first start unpacks it into the
user's cache with a thread per processor. Later starts compare names, sizes and modification times, which
takes milliseconds. `launchers/onefile/main.c` describes the format, the checks and the exit codes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import zstandard

from tf2exe.errors import PackageError
from tf2exe.onefile import archive_format
from tf2exe.onefile.chunk_plan import plan_chunks
from tf2exe.onefile.scan import scan_folder
from tf2exe.system.atomic_write import atomic_write
from tf2exe.system.file_tree import sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.onefile.chunk_compressor import ChunkCompressor

INDEX_COMPRESSION_LEVEL = 19
"""zstd's level for the index."""


@dataclass(frozen=True)
class PackedOnefile:
    """A onefile that was written.

    Attributes:
        path: the executable.
        size: in bytes.
        sha256: of the file, in hex.
        identity: name of the folder that it unpacks into; the same for the same folder and parameters.
        entries: number of files, folders and links.
        raw_size: size of the unpacked files in bytes.
        chunks: number of independently compressed parts.
        cached_chunks: how many of them came from the cache.
    """

    path: Path
    size: int
    sha256: str
    identity: str
    entries: int
    raw_size: int
    chunks: int
    cached_chunks: int


def pack_onefile(
    folder: Path,
    *,
    start: str,
    launcher: Path,
    output: Path,
    compressor: ChunkCompressor,
    on_progress: Callable[[int, int], None],
) -> PackedOnefile:
    """Writes a onefile; the same folder, launcher and parameters give the same bytes.

    Args:
        folder: the standalone build.
        start: the executable to start, relative to `folder`, with forward slashes.
        launcher: the compiled launcher (see `launcher_command`).
        output: the onefile, written atomically.
        compressor: compresses the chunks.
        on_progress: called with the number of raw bytes that are done, and their total.

    Raises:
        PackageError: the folder contains an unsupported file, or a file cannot be read or written.
    """
    entries = _mark_executable(scan_folder(folder), start, folder)
    plan = plan_chunks(folder, entries)
    total = sum(entry.size for entry in entries)
    try:
        with atomic_write(output) as file:
            launcher_bytes = launcher.read_bytes()
            file.write(launcher_bytes)
            stored, done = [], 0
            for data, chunk in compressor.compress(folder, plan):
                file.write(data)
                stored.append(chunk)
                done += chunk.raw_size
                on_progress(done, total)
            index = archive_format.Index(_program_name(start), start, tuple(entries), tuple(stored))
            identity = _write_index_and_footer(file, launcher_bytes, index)
        compressor.prune_cache()
    except OSError as error:
        why = f"{error.filename or output}: {error.strerror or error}"
        raise PackageError("the onefile could not be written", why, "check the free disk space") from error
    return PackedOnefile(
        output,
        output.stat().st_size,
        sha256(output),
        identity,
        len(entries),
        total,
        len(stored),
        compressor.cache_hits,
    )


def _mark_executable(
    entries: list[archive_format.ArchiveEntry], start: str, folder: Path
) -> list[archive_format.ArchiveEntry]:
    """Marks the file to start as executable, because a folder on Windows does not record that."""
    if not any(entry.path == start and entry.is_file for entry in entries):
        raise PackageError(
            f"{start} cannot be started", f"it is not a file in {folder}", "build the folder again"
        )
    return [
        replace(entry, kind=archive_format.EntryKind.EXECUTABLE) if entry.path == start else entry
        for entry in entries
    ]


def _program_name(start: str) -> str:
    """The name of the program's folder in the cache."""
    stem = PurePosixPath(start).name.removesuffix(".exe").lstrip(".")
    return os.fsdecode(os.fsencode(stem)[: archive_format.MAX_NAME_BYTES]) or "program"


def _write_index_and_footer(file: IO[bytes], launcher: bytes, index: archive_format.Index) -> str:
    """Appends index and footer, and returns the identity of the archive."""
    raw = archive_format.encode_index(index)
    offset = file.tell()
    compressed = zstandard.ZstdCompressor(level=INDEX_COMPRESSION_LEVEL).compress(raw)
    stored = archive_format.pad_index(compressed, offset)
    file.write(stored)
    file.write(archive_format.encode_footer(launcher, offset, stored, len(raw)))
    return archive_format.hash_bytes(stored).hex()
