"""Which files a piece of the toolchain has, so that one that was deleted or cut off is noticed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITTEN = "__pycache__"
"""Folders that the programs of the toolchain fill while they run."""


def listed(folder: Path) -> str:
    """Size and path of each file below a folder, a line each."""
    return "".join(f"{size} {name}\n" for name, size in sorted(_files(folder)))


def differing(folder: Path, recorded: str) -> tuple[str, ...]:
    """Paths of files that are not there any more, or not of the same size; further files do no harm."""
    there = dict(_files(folder))
    known = (line.partition(" ") for line in recorded.splitlines())
    return tuple(name for size, _, name in known if there.get(name) != int(size))


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    root = len(str(folder)) + 1
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != WRITTEN]
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118 - called for many thousands
            yield repr(path[root:]), os.lstat(path).st_size
