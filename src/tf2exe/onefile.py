"""Packs a standalone folder into one executable file.

The result is a small native launcher with the folder behind it, compressed. At its first start it unpacks
into the user's cache with as many threads as there are processors; later starts compare names, sizes and
times, and cost milliseconds. `launchers/onefile.c` describes the format, the checks and the exit codes.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

import zstandard

from tf2exe import payload
from tf2exe.errors import PackageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LAUNCHERS = Path(__file__).parent / "launchers"
SOURCES = ("onefile.c", "cache.c", "unpack.c", "payload.c", "blake2b.c", "decoder.c")

STABLE = "lib"
"""The folder whose files change least between builds: the standard library and the carried packages."""

CACHE_BYTES = 1 << 30
"""What the cache of compressed chunks may hold; the least recently used go first."""

WINDOW_LOG = 24
"""A window as large as a chunk."""

SHORTEST_MATCH = 4
"""Machine code repeats in short pieces: 1 % smaller than the levels' own 5, for the same time."""

LAST_LEVEL_OF_LONGER_MATCHES = 16
"""Levels above it look for matches of 3 bytes by themselves."""

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
) -> list[str]:
    """The command line that compiles the launcher.

    Args:
        compiler: a C compiler with the options of GCC, e.g. `["gcc"]` or `["python", "-m", "ziglang", "cc"]`.
        zstd: the folder with zstd's sources (`zstd.h`, `common`, `decompress`), which Nuitka's package has.
        output: the executable.
        windows: whether the compiler makes Windows executables.
        console: on Windows, whether the program has a console.
        debug: keep symbols.
    """
    sources = [LAUNCHERS / name for name in (*SOURCES, "windows.c" if windows else "posix.c")]
    platform = [] if windows else ["-pthread"]
    if windows and not console:
        platform.append("-Wl,--subsystem,windows")
    command = [*compiler, "-std=c11", "-O2", "-g" if debug else "-s", "-I", str(zstd)]
    return [*command, *map(str, sources), *platform, "-o", str(output)]


def pack(
    folder: Path,
    *,
    entry: str,
    launcher: Path,
    output: Path,
    level: int,
    jobs: int,
    cache: Path | None,
    on_progress: Callable[[int, int], None],
) -> Payload:
    """Writes a onefile; the same folder, launcher and parameters give the same bytes.

    Args:
        folder: the standalone build.
        entry: the executable in it that is started, relative, with slashes.
        launcher: what `launcher_command` compiled.
        output: the onefile; appears whole or not at all.
        level: zstd's compression level, 1 to 22.
        jobs: threads.
        cache: where compressed chunks are kept for the next build, or None.
        on_progress: called with the raw bytes done and the raw bytes in all.

    Raises:
        PackageError: the folder has something that cannot travel, or a file cannot be read or written.
    """
    entries = _with_start(payload.scan(folder, STABLE), entry, folder)
    plan = payload.plan_chunks(entries, STABLE)
    total = sum(item.size for item in entries)
    chunks = _Chunks(folder, level, cache)
    try:
        with _written_whole(output) as file:
            file.write(launcher.read_bytes())
            stored, done = [], 0
            for data, part in chunks.compress(plan, jobs):
                file.write(data)
                stored.append(part)
                done += part.raw_size
                on_progress(done, total)
            identity = _finish(file, entry, entries, stored)
        chunks.prune()
    except OSError as error:
        why = f"{error.filename or output}: {error.strerror or error}"
        raise PackageError(
            "the single file could not be written", why, "see whether there is space"
        ) from error
    with output.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = output.stat().st_size
    return Payload(output, size, sha256, identity, len(entries), total, len(stored), chunks.found)


def _with_start(entries: list[payload.Entry], start: str, folder: Path) -> list[payload.Entry]:
    """The entries, with the one that is started executable also where the folder cannot say so (Windows)."""
    if not any(item.path == start and item.is_file for item in entries):
        raise PackageError(
            f"{start} cannot be started", f"it is no file in {folder}", "build the folder again"
        )
    return [replace(item, kind=payload.Kind.EXECUTABLE) if item.path == start else item for item in entries]


def _finish(
    file: IO[bytes], start: str, entries: list[payload.Entry], stored: list[payload.StoredChunk]
) -> str:
    """Writes index and footer; gives the identity."""
    stem = PurePosixPath(start).name.removesuffix(".exe").lstrip(".")
    name = os.fsdecode(os.fsencode(stem)[: payload.LONGEST_NAME])
    raw = payload.index(name or "program", start, entries, stored)
    data = zstandard.ZstdCompressor(level=INDEX_LEVEL).compress(raw)
    position = file.tell()
    file.write(data)
    file.write(payload.footer(position, data, len(raw)))
    return payload.digest(data).hex()


@contextmanager
def _written_whole(output: Path) -> Iterator[IO[bytes]]:
    """A file that gets the name `output` once it is whole, and is removed otherwise."""
    output.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{output.name}.", suffix=".partial", dir=output.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        partial.chmod(0o755)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)


class _Chunks:
    """Compresses chunks in threads, and keeps them on disk under a hash of their contents and parameters."""

    def __init__(self, folder: Path, level: int, cache: Path | None) -> None:
        self.folder = folder
        self.found = 0
        self._cache = cache
        shortest = SHORTEST_MATCH if level <= LAST_LEVEL_OF_LONGER_MATCHES else 0
        self._parameters = zstandard.ZstdCompressionParameters.from_level(
            level, source_size=payload.CHUNK_BYTES, window_log=WINDOW_LOG, min_match=shortest
        )
        version = ".".join(map(str, zstandard.ZSTD_VERSION))
        self._key = f"zstd {version} level {level} window {WINDOW_LOG} match {shortest}".encode()
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)

    def compress(
        self, plan: list[list[payload.Piece]], jobs: int
    ) -> Iterator[tuple[bytes, payload.StoredChunk]]:
        """Each chunk's bytes and description, in order; at most `jobs` and a few are in memory."""
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

    def _compress(self, pieces: list[payload.Piece]) -> tuple[bytes, payload.StoredChunk, bool]:
        raw = b"".join(map(self._read, pieces))
        kept = self._cache and self._cache / hashlib.blake2b(raw, digest_size=20, key=self._key).hexdigest()
        data = _read_kept(kept) if kept else None
        found = data is not None
        if data is None:
            data = zstandard.ZstdCompressor(compression_params=self._parameters).compress(raw)
            if kept:
                with _written_whole(kept) as file:
                    file.write(payload.digest(data) + data)
        return data, payload.StoredChunk(len(data), len(raw), payload.digest(data)), found

    def _read(self, piece: payload.Piece) -> bytes:
        with (self.folder / piece.path).open("rb") as file:
            file.seek(piece.offset)
            data = file.read(piece.size)
        if len(data) != piece.size:
            raise PackageError(
                f"{piece.path} changed while it was packed", "it became shorter", "build again"
            )
        return data

    def prune(self) -> None:
        """Removes what was not used for longest, as far as the cache is larger than CACHE_BYTES."""
        if self._cache is None:
            return
        kept = sorted(
            ((path.stat(), path) for path in self._cache.iterdir()), key=lambda item: item[0].st_mtime
        )
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
