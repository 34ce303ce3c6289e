"""The files of a folder: sizes, digests, and signatures that show changes."""

from __future__ import annotations

import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class FileDigest:
    """A file inside a folder, with size in bytes; the path has forward slashes."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class FileSignature:
    """Properties that change when a file is changed: size in bytes, time in nanoseconds, permissions."""

    size: int
    modified: int
    mode: int


def list_files(path: Path) -> list[Path]:
    """All files below a folder, sorted; for a file, the file itself."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def sha256(file: Path) -> str:
    """The SHA-256 of a file's content, in hex."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def hash_files(folder: Path, known: Mapping[str, FileDigest]) -> tuple[FileDigest, ...]:
    """All files below a folder, sorted; files in ``known``, by path, are not read."""
    paths = [path for path, _ in _walk(str(folder))]
    new = [path for path in paths if path not in known]
    with ThreadPoolExecutor() as pool:  # hashing and reading release the GIL
        read = dict(zip(new, pool.map(lambda path: _digest(folder, path), new, chunksize=64), strict=True))
    return tuple(known.get(path) or read[path] for path in paths)


def read_signatures(folder: Path) -> dict[str, FileSignature]:
    """The signature of every file below a folder."""
    found = {}
    for path, entry in _walk(str(folder)):
        status = entry.stat(follow_symlinks=False)
        found[path] = FileSignature(status.st_size, status.st_mtime_ns, stat.S_IMODE(status.st_mode))
    return found


def _walk(folder: str, prefix: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: (entry.is_dir(follow_symlinks=False), entry.name)):
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{prefix}{entry.name}/")
            else:
                yield f"{prefix}{entry.name}", entry


def _digest(folder: Path, path: str) -> FileDigest:
    file = Path(folder, path)
    return FileDigest(path, file.stat().st_size, sha256(file))
