"""Strips native libraries, and keeps the original if stripping would break it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tf2exe.knowledge.platforms import read_platform
from tf2exe.native import elf
from tf2exe.native.elf import ElfError
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from pathlib import Path

MIN_SIZE = 128 * 1024
"""The size in bytes below which starting `strip` is not worth it."""


def strip_library(source: Path, target: Path, tool: tuple[str, ...]) -> bool:
    """Copies a library, without symbols if possible; returns whether it was stripped."""
    arguments = read_platform("posix").strip
    if tool and arguments and source.stat().st_size >= MIN_SIZE:
        command = [*tool, *arguments, "-o", str(target), str(source)]
        done = run_captured(command, cwd=target.parent, env=os.environ)
        if done.exit_code == 0 and _is_loadable(target):
            return True
    shutil.copyfile(source, target)
    return False


def _is_loadable(path: Path) -> bool:
    """Whether every segment is aligned as the loader requires; strip breaks some files of patchelf."""
    try:
        with elf.opened(path) as file:
            return all(
                segment.alignment <= 1
                or segment.offset % segment.alignment == segment.address % segment.alignment
                for segment in file.segments
            )
    except (OSError, ElfError):
        return False
