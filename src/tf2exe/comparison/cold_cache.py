"""Makes a start cold: what the program unpacked before is gone, and so is what the machine has in memory."""

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
NONE = "page cache kept: this machine gives no way to drop it"

_ASIDE = ".before-"
"""Behind a folder's name, before a number, when it is put aside."""


def forget(program: Program) -> None:
    """Puts the folders that the program unpacks into aside; it finds them empty.

    They are not deleted yet: ext4 without a journal does not use again what was deleted in the last minutes,
    and looks for other places at each new file: 2.5 s of the first start of a program of 8,000 files.
    """
    for folder in program.caches:
        if folder.exists():
            places = (folder.with_name(f"{folder.name}{_ASIDE}{number}") for number in itertools.count())
            folder.rename(next(place for place in places if not place.exists()))
        folder.mkdir(parents=True)


def tidy(program: Program) -> None:
    """Deletes what was put aside."""
    for folder in program.caches:
        for old in list(folder.parent.glob(f"{folder.name}{_ASIDE}*")):
            shutil.rmtree(old, ignore_errors=True)


def drop(program: Program, *, machine: bool) -> str:
    """Takes the program's files out of the machine's memory; says how.

    Args:
        program: whose files.
        machine: whether everything may be dropped; only root can, and every program of the machine is slower
            for a while.
    """
    if machine and hasattr(os, "sync"):
        os.sync()
        with contextlib.suppress(OSError):
            DROP_CACHES.write_text("3", encoding="ascii")
            return ALL
    if not hasattr(os, "posix_fadvise"):
        return NONE
    os.sync()  # only what is on the disk can be dropped
    for place in program.files:
        for file in list_files(place):
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
