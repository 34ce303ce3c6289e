"""Folders that hold the same files without holding them twice."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def mirror(source: Path, target: Path) -> None:
    """Makes ``target`` hold the files of ``source`` and nothing else, as links.

    What is linked already stays as it is. On another file system, or where there are no links, files are
    copied.
    """
    target.mkdir(parents=True, exist_ok=True)
    wanted: list[tuple[str, str]] = []
    _compare(str(source), str(target), wanted, linkable=on_same_file_system(source, target))
    copies = [pair for pair in wanted if not _link(*pair)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda pair: shutil.copy(*pair), copies, chunksize=64))


def on_same_file_system(one: Path, other: Path) -> bool:
    """Whether two folders lie on the same file system."""
    return one.stat().st_dev == other.stat().st_dev


def remove(path: Path | str) -> None:
    """Removes a file, a link, or a folder with all that it holds."""
    if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114 - called for thousands
        shutil.rmtree(path)
    else:
        os.unlink(path)  # noqa: PTH108 - likewise


def _compare(source: str, target: str, wanted: list[tuple[str, str]], *, linkable: bool) -> None:
    """Removes what is not the same file, and lists what has to be linked."""
    with os.scandir(target) as entries:
        there = {entry.name: entry for entry in entries}
    with os.scandir(source) as entries:
        here = list(entries)
    for name in there.keys() - {entry.name for entry in here}:
        remove(there[name].path)
    for entry in here:
        old = there.get(entry.name)
        place = f"{target}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if old is not None and not old.is_dir(follow_symlinks=False):
                remove(place)
                old = None
            if old is None:
                os.mkdir(place)  # noqa: PTH102 - called for thousands
            _compare(entry.path, place, wanted, linkable=linkable)
        elif old is None or not linkable or old.inode() != entry.inode():
            if old is not None:
                remove(place)
            wanted.append((entry.path, place))


def _link(source: str, target: str) -> bool:
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    return True
