"""Removes symbols from native libraries, and keeps the original where that would break it."""

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

SMALLEST = 128 * 1024
"""Bytes below which a library is not worth a process of its own."""


def strip(source: Path, target: Path, tool: tuple[str, ...]) -> bool:
    """Writes a copy without symbols, or a plain one; says whether it was stripped."""
    arguments = read_platform().strip
    if tool and arguments and source.stat().st_size >= SMALLEST:
        command = [*tool, *arguments, "-o", str(target), str(source)]
        done = run_captured(command, cwd=target.parent, env=os.environ)
        if done.exit_code == 0 and _loadable(target):
            return True
    shutil.copyfile(source, target)
    return False


def _loadable(path: Path) -> bool:
    """Whether every segment is aligned as the loader demands; strip moves what patchelf placed."""
    try:
        with elf.opened(path) as file:
            return all(
                segment.alignment <= 1
                or segment.offset % segment.alignment == segment.address % segment.alignment
                for segment in file.segments
            )
    except (OSError, ElfError):
        return False
