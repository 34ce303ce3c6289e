"""Makes a start cold: empties the program's caches and the page cache."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.system.file_tree import list_files

if TYPE_CHECKING:
    from tf2exe.comparison.startup import Program

DROP_CACHES = Path("/proc/sys/vm/drop_caches")

ALL = "page cache of the machine dropped"
OWN = "pages of the program's files dropped (posix_fadvise)"
NONE = "page cache kept: this machine cannot drop it"

_ASIDE = ".before-"
"""A folder that is set aside gets this suffix and a number."""


def set_caches_aside(program: Program) -> None:
    """Renames the folders that the program unpacks to, and creates empty ones.

    They are deleted later: ext4 without a journal does not reuse blocks that were deleted in the last
    minutes, and searches for others for each new file: 2.5 s of the first start of a program of 8,000 files.
    """
    for folder in program.caches:
        if folder.exists():
            names = (folder.with_name(f"{folder.name}{_ASIDE}{number}") for number in itertools.count())
            folder.rename(next(name for name in names if not name.exists()))
        folder.mkdir(parents=True)


def delete_set_aside(program: Program) -> None:
    """Deletes the renamed folders."""
    for folder in program.caches:
        for old in list(folder.parent.glob(f"{folder.name}{_ASIDE}*")):
            shutil.rmtree(old, ignore_errors=True)


def drop_page_cache(program: Program, *, machine: bool) -> str:
    """Drops the program's files from the page cache.

    Args:
        program: the program.
        machine: whether the whole page cache may be dropped. Only root can; it slows all programs down
            for a while.

    Returns:
        What was dropped, for the report.
    """
    if machine and hasattr(os, "sync"):
        os.sync()
        with contextlib.suppress(OSError):
            DROP_CACHES.write_text("3", encoding="ascii")
            return ALL
    if not hasattr(os, "posix_fadvise"):
        return NONE
    os.sync()  # only pages that are on the disk can be dropped
    for path in program.files:
        for file in list_files(path):
            if not file.is_symlink():
                _advise(file)
    return OWN


def _advise(file: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(file, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)
