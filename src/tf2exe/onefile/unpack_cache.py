"""The cache of onefiles on this machine: finds and deletes unpacked programs without running them.

`launchers/onefile/posix/cache.c` and `launchers/onefile/windows/cache.c` name the folders,
`launchers/onefile/cache_paths.h` their contents. The rules are the launcher's own: a running program stays,
and so does everything that belongs to another user.
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
from tf2exe.native import authenticode
from tf2exe.onefile import archive_format
from tf2exe.system import host
from tf2exe.system.file_lock import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TURN = "lock"
_OURS = re.compile(r"[0-9a-f]{32}(\.lock|\.(?:partial|removed)\..*)?")
_LEFT_BEHIND = re.compile(r"[0-9a-f]{32}\.(?:partial|removed)\..*")


@dataclass(frozen=True)
class Cleared:
    """What became of a program's unpacked versions; `failed`: it is being unpacked, or cannot be deleted."""

    folder: Path
    removed: int
    in_use: int
    failed: int


def cache_folders(environment: Mapping[str, str], home: Path | None) -> list[Path]:
    """Where a launcher unpacks with this environment, in the order in which it tries them."""
    chosen = environment.get("TF2EXE_CACHE_DIR")
    found = [Path(chosen).absolute()] if chosen else []
    if host.IS_WINDOWS:
        places = [environment.get(name) for name in ("LOCALAPPDATA", "TEMP")]
        return [*found, *(Path(place, "tf2exe") for place in places if place)]
    xdg, temporary = environment.get("XDG_CACHE_HOME", ""), environment.get("TMPDIR", "")
    found += [Path(xdg, "tf2exe")] if xdg.startswith("/") else []
    found += [home / ".cache" / "tf2exe"] if home is not None and home.is_dir() else []
    place = Path(temporary) if temporary.startswith("/") else Path("/tmp")  # noqa: S108 - the launcher's own
    return list(dict.fromkeys([*found, place / f"tf2exe-{os.getuid()}"]))


def programs(caches: list[Path]) -> list[Path]:
    """The folders of all programs that have unpacked something there."""
    return [
        folder
        for cache in caches
        if _is_own(cache)
        for folder in sorted(cache.iterdir())
        if _is_own(folder) and _holds_programs(folder)
    ]


def _is_own(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    is_mine = host.IS_WINDOWS or status.st_uid == os.geteuid()
    return stat.S_ISDIR(status.st_mode) and is_mine


def _holds_programs(folder: Path) -> bool:
    names = [path.name for path in folder.iterdir()]
    return bool(names) and all(name == TURN or _OURS.fullmatch(name) for name in names)


def name_in(executable: Path) -> str:
    """The name under which a onefile unpacks, which renaming it does not change.

    Raises:
        ConfigurationError: it is no onefile.
    """
    try:
        with executable.open("rb") as file:
            file.seek(max(0, authenticode.unsigned_size(file) - archive_format.FOOTER.size))
            end = file.read(archive_format.FOOTER.size).ljust(archive_format.FOOTER.size, b"\0")
            magic, version, _, position, stored, *_ = archive_format.FOOTER.unpack(end)
            if (magic, version) == (archive_format.MAGIC, archive_format.VERSION):
                file.seek(position)
                return archive_format.name_in(zstandard.decompress(file.read(stored)))
    except (OSError, zstandard.ZstdError) as error:
        raise ConfigurationError(f"{executable} cannot be read", str(error), "give a onefile") from error
    raise ConfigurationError(f"{executable} is not a onefile", "it does not end like one", "give a onefile")


def clear(folder: Path) -> Cleared:
    """Deletes what a program unpacked into its folder, except what runs; and the folder, once it is empty."""
    with _held_alone(folder / TURN) as is_mine:
        if not is_mine:
            return Cleared(folder, 0, 0, 1)
        found = [path for path in folder.iterdir() if path.name != TURN]
        left = [_delete(path) for path in found if _LEFT_BEHIND.fullmatch(path.name)]
        versions = sorted({path.with_suffix("") for path in found if not _LEFT_BEHIND.fullmatch(path.name)})
        fates = [_clear_version(path) for path in versions]
        if all(left) and all(fate in {"removed", "missing"} for fate in fates):
            (folder / TURN).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
    return Cleared(
        folder, fates.count("removed"), fates.count("in use"), fates.count("failed") + left.count(False)
    )


def _clear_version(folder: Path) -> Literal["removed", "missing", "in use", "failed"]:
    """Deletes an unpacked folder with its lock, which a start that failed may leave alone."""
    lock = folder.with_name(f"{folder.name}.lock")
    aside = folder.with_name(f"{folder.name}.removed.tf2exe-{os.getpid()}.{time.monotonic_ns():x}")
    with _held_alone(lock) as is_mine:
        if not is_mine:
            return "in use"
        is_there = folder.exists()
        if is_there:
            folder.rename(aside)
        lock.unlink(missing_ok=True)
    return "missing" if not is_there else "removed" if _delete(aside) else "failed"


def _delete(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


@contextmanager
def _held_alone(path: Path) -> Iterator[bool]:
    """The launcher's lock on a file, if nobody has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)
