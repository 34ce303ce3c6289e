"""Copies of folders by hard links."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def mirror(source: Path, target: Path) -> None:
    """Makes ``target`` contain hard links to the files of ``source``, and nothing else.

    Existing links stay. Where hard links are not possible, such as on another file system, files are copied.
    """
    target.mkdir(parents=True, exist_ok=True)
    missing: list[tuple[str, str]] = []
    _remove_different(str(source), str(target), missing, linkable=on_same_file_system(source, target))
    copies = [pair for pair in missing if not _link(*pair)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda pair: shutil.copy(*pair), copies, chunksize=64))


def on_same_file_system(one: Path, other: Path) -> bool:
    """Whether two folders are on the same file system."""
    return one.stat().st_dev == other.stat().st_dev


def remove(path: Path | str) -> None:
    """Removes a file, a link, or a folder with its content."""
    if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114 - called for thousands
        shutil.rmtree(path)
    else:
        os.unlink(path)  # noqa: PTH108 - called for thousands


def _remove_different(source: str, target: str, missing: list[tuple[str, str]], *, linkable: bool) -> None:
    """Removes entries of ``target`` that differ, and adds the missing links to ``missing``."""
    with os.scandir(target) as entries:
        existing = {entry.name: entry for entry in entries}
    with os.scandir(source) as entries:
        wanted = list(entries)
    for name in existing.keys() - {entry.name for entry in wanted}:
        remove(existing[name].path)
    for entry in wanted:
        old = existing.get(entry.name)
        path = f"{target}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if old is not None and not old.is_dir(follow_symlinks=False):
                remove(path)
                old = None
            if old is None:
                os.mkdir(path)  # noqa: PTH102 - called for thousands
            _remove_different(entry.path, path, missing, linkable=linkable)
        elif old is None or not linkable or old.inode() != entry.inode():
            if old is not None:
                remove(path)
            missing.append((entry.path, path))


def _link(source: str, target: str) -> bool:
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    return True
