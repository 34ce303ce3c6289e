"""Finds and deletes the unpacked files of onefiles in the user's cache, without running a onefile.

The folders are those of `launchers/onefile/posix/cache.c` and `launchers/onefile/windows/cache.c`, their
contents those of `launchers/onefile/cache_paths.h`. As in the launcher, a version that a process runs from is
kept, and so are the files of other users.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import zstandard

from tf2exe.errors import ConfigurationError
from tf2exe.onefile import archive_format
from tf2exe.system import host
from tf2exe.system.file_lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNPACK_LOCK = "lock"
_FOLDER_CONTENT = re.compile(r"[0-9a-f]{32}(\.lock|\.(?:partial|removed)\..*)?")
_LEFTOVER = re.compile(r"[0-9a-f]{32}\.(?:partial|removed)\..*")


@dataclass(frozen=True)
class ClearResult:
    """The result of clearing one program's folder.

    Attributes:
        folder: the program's folder in the cache.
        removed: number of deleted versions.
        in_use: number of versions that a process runs from.
        failed: number of folders that are being unpacked, or could not be deleted.
    """

    folder: Path
    removed: int
    in_use: int
    failed: int


def cache_folders(environment: Mapping[str, str], home: Path | None) -> list[Path]:
    """The folders that a launcher with this environment unpacks into, in the order in which it tries them."""
    chosen = environment.get("TF2EXE_CACHE_DIR")
    found = [Path(chosen).absolute()] if chosen else []
    if host.IS_WINDOWS:
        parents = [environment.get(name) for name in ("LOCALAPPDATA", "TEMP")]
        return [*found, *(Path(parent, "tf2exe") for parent in parents if parent)]
    xdg, temporary = environment.get("XDG_CACHE_HOME", ""), environment.get("TMPDIR", "")
    found += [Path(xdg, "tf2exe")] if xdg.startswith("/") else []
    found += [home / ".cache" / "tf2exe"] if home is not None and home.is_dir() else []
    parent = Path(temporary) if temporary.startswith("/") else Path("/tmp")  # noqa: S108 - the launcher's choice
    return list(dict.fromkeys([*found, parent / f"tf2exe-{os.getuid()}"]))


def program_folders(caches: list[Path]) -> list[Path]:
    """The folders of all programs in these caches."""
    return [
        folder
        for cache in caches
        if _is_own(cache)
        for folder in sorted(cache.iterdir())
        if _is_own(folder) and _is_program_folder(folder)
    ]


def _is_own(folder: Path) -> bool:
    """Whether it is a folder, not a link, of this user."""
    try:
        status = folder.lstat()
    except OSError:
        return False
    is_owner = host.IS_WINDOWS or status.st_uid == os.geteuid()
    return stat.S_ISDIR(status.st_mode) and is_owner


def _is_program_folder(folder: Path) -> bool:
    """Whether the folder contains only names that the launcher creates."""
    names = [path.name for path in folder.iterdir()]
    return bool(names) and all(name == UNPACK_LOCK or _FOLDER_CONTENT.fullmatch(name) for name in names)


def read_program_name(executable: Path) -> str:
    """The name of a onefile's folder in the cache; renaming the onefile does not change it.

    Raises:
        ConfigurationError: the file is not a onefile, or cannot be read.
    """
    try:
        with executable.open("rb") as file:
            footer = archive_format.read_footer(file)
            if footer and footer.version == archive_format.VERSION:
                file.seek(footer.index_offset)
                return archive_format.decode_program_name(zstandard.decompress(file.read(footer.index_size)))
    except (OSError, zstandard.ZstdError) as error:
        raise ConfigurationError(f"{executable} cannot be read", str(error), "give a onefile") from error
    raise ConfigurationError(f"{executable} is not a onefile", "it does not end like one", "give a onefile")


def clear_program(folder: Path) -> ClearResult:
    """Deletes a program's unpacked versions that do not run; then its folder, if it is empty."""
    with _try_exclusive_lock(folder / UNPACK_LOCK) as has_lock:
        if not has_lock:
            return ClearResult(folder, 0, 0, 1)
        paths = [path for path in folder.iterdir() if path.name != UNPACK_LOCK]
        leftovers = [path for path in paths if _LEFTOVER.fullmatch(path.name)]
        deleted = [_delete(path) for path in leftovers]
        versions = sorted({path.with_suffix("") for path in paths if path not in leftovers})
        outcomes = [_clear_version(version) for version in versions]
        if all(deleted) and all(outcome in {"removed", "missing"} for outcome in outcomes):
            (folder / UNPACK_LOCK).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
    failed = outcomes.count("failed") + deleted.count(False)
    return ClearResult(folder, outcomes.count("removed"), outcomes.count("in use"), failed)


def _clear_version(folder: Path) -> Literal["removed", "missing", "in use", "failed"]:
    """Deletes an unpacked folder and its lock; after a failed start, there may be only the lock."""
    lock = folder.with_name(f"{folder.name}.lock")
    removed = folder.with_name(f"{folder.name}.removed.tf2exe-{os.getpid()}.{time.monotonic_ns():x}")
    with _try_exclusive_lock(lock) as has_lock:
        if not has_lock:
            return "in use"
        exists = folder.exists()
        if exists:
            folder.rename(removed)
        lock.unlink(missing_ok=True)
    if not exists:
        return "missing"
    return "removed" if _delete(removed) else "failed"


def _delete(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


@contextmanager
def _try_exclusive_lock(path: Path) -> Iterator[bool]:
    """Takes the lock of a launcher; the value is whether no other process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)
