"""Lists of the files of a component, to find those that were deleted or truncated."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITTEN = "__pycache__"
"""Folders that programs of the toolchain write to."""


def list_files(folder: Path) -> str:
    """One line per file below a folder: its size and its path."""
    return "".join(f"{size} {name}\n" for name, size in sorted(_files(folder)))


def find_damaged(folder: Path, recorded: str) -> tuple[str, ...]:
    """The recorded files that are missing or have another size. Further files are ignored."""
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
