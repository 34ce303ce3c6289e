"""Packs a standalone folder into one executable file.

The result is a small native launcher with the folder behind it, compressed. At its first start it unpacks
into the user's cache with as many threads as there are processors; later starts compare names, sizes and
times, and cost milliseconds. `launchers/onefile/main.c` describes the format, the checks and the exit codes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import zstandard

from tf2exe.errors import PackageError
from tf2exe.launchers import sources
from tf2exe.native import shared_libraries
from tf2exe.onefile import archive_format, stream
from tf2exe.system.atomic_write import atomic_write
from tf2exe.system.file_tree import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tf2exe.onefile.chunks import Chunks

WINDOWED = ("-DWINDOWED", "-Wl,--subsystem,windows")
"""For a program that opens no console."""

INDEX_LEVEL = 19


@dataclass(frozen=True)
class Payload:
    """A onefile that was written.

    Attributes:
        path: the executable.
        size: its bytes.
        sha256: its hash, in hex.
        identity: names the folder that it unpacks into; the same for the same folder and parameters.
        files: how many files, folders and links it holds.
        raw_size: bytes of the files when unpacked.
        chunks: how many independently compressed parts.
        cached_chunks: how many of them came from the cache.
    """

    path: Path
    size: int
    sha256: str
    identity: str
    files: int
    raw_size: int
    chunks: int
    cached_chunks: int


def launcher_command(
    compiler: Sequence[str],
    zstd: Path,
    output: Path,
    *,
    windows: bool = False,
    console: bool = True,
    debug: bool = False,
    resources: Path | None = None,
) -> list[str]:
    """The command line that compiles the launcher.

    Args:
        compiler: a C compiler with the options of GCC, e.g. `["gcc"]` or `["python", "-m", "ziglang", "cc"]`.
        zstd: the folder with zstd's sources (`zstd.h`, `common`, `decompress`), which Nuitka's package has.
        output: the executable.
        windows: whether the compiler makes Windows executables.
        console: on Windows, whether the program has a console.
        debug: keep symbols.
        resources: on Windows, the compiled resources (icon, version information).
    """
    files = sources.paths(sources.onefile("windows" if windows else "posix"))
    platform = (
        ["-ladvapi32", "-luser32"]
        if windows
        else ["-pthread", "-fvisibility=hidden", "-ffunction-sections", "-Wl,--gc-sections"]
    )
    platform += [] if windows else shared_libraries.glibc_compat_libraries(["libpthread.so.0"])
    if windows and not console:
        platform += WINDOWED
    files += [str(resources)] if resources else []
    command = [*compiler, "-std=c11", "-O2", "-g" if debug else "-s", "-I", str(zstd)]
    return [*command, *files, *platform, "-o", str(output)]


def pack(
    folder: Path,
    *,
    entry: str,
    launcher: Path,
    output: Path,
    chunks: Chunks,
    on_progress: Callable[[int, int], None],
) -> Payload:
    """Writes a onefile; the same folder, launcher and parameters give the same bytes.

    Args:
        folder: the standalone build.
        entry: the executable in it that is started, relative, with slashes.
        launcher: what `launcher_command` compiled.
        output: the onefile; appears whole or not at all.
        chunks: compresses them.
        on_progress: called with the raw bytes done and the raw bytes in all.

    Raises:
        PackageError: the folder has something that cannot travel, or a file cannot be read or written.
    """
    entries = _with_start(stream.scan(folder), entry, folder)
    plan = stream.plan_chunks(folder, entries)
    total = sum(item.size for item in entries)
    try:
        with atomic_write(output) as file:
            program = launcher.read_bytes()
            file.write(program)
            stored, done = [], 0
            for data, part in chunks.compress(folder, plan):
                file.write(data)
                stored.append(part)
                done += part.raw_size
                on_progress(done, total)
            identity = _finish(file, program, entry, entries, stored)
        chunks.prune()
    except OSError as error:
        why = f"{error.filename or output}: {error.strerror or error}"
        raise PackageError("the onefile could not be written", why, "check the free disk space") from error
    size = output.stat().st_size
    return Payload(output, size, sha256(output), identity, len(entries), total, len(stored), chunks.found)


def _with_start(entries: list[archive_format.Entry], start: str, folder: Path) -> list[archive_format.Entry]:
    """The entries, with the one that is started executable also where the folder cannot say so (Windows)."""
    if not any(item.path == start and item.is_file for item in entries):
        raise PackageError(
            f"{start} cannot be started", f"it is not a file in {folder}", "build the folder again"
        )
    return [
        replace(item, kind=archive_format.Kind.EXECUTABLE) if item.path == start else item for item in entries
    ]


def _finish(
    file: IO[bytes],
    launcher: bytes,
    start: str,
    entries: list[archive_format.Entry],
    stored: list[archive_format.StoredChunk],
) -> str:
    """Writes index and footer; gives the identity."""
    stem = PurePosixPath(start).name.removesuffix(".exe").lstrip(".")
    name = os.fsdecode(os.fsencode(stem)[: archive_format.LONGEST_NAME])
    raw = archive_format.index(name or "program", start, entries, stored)
    position = file.tell()
    data = archive_format.aligned(zstandard.ZstdCompressor(level=INDEX_LEVEL).compress(raw), position)
    file.write(data)
    file.write(archive_format.footer(launcher, position, data, len(raw)))
    return archive_format.digest(data).hex()
