"""Preloads: native modules that a thread loads while the interpreter starts.

A rule names them, and a sample loaded them; `launchers/interpreter/posix/preload.c` is the thread.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.glob import matches

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.knowledge.rules import Rule
    from tf2exe.plan.bundled_files import BundledFile
    from tf2exe.trace.footprint import Footprint


@dataclass(frozen=True)
class Preload:
    """A native module that is loaded before its import.

    Attributes:
        destination: its path in the executable's folder.
        rule: the rule that names it.
    """

    destination: str
    rule: Rule


def select(carried: Iterable[BundledFile], footprint: Footprint) -> tuple[Preload, ...]:
    """The native modules to preload; none on Windows, whose loader loads one library at a time."""
    if sys.platform == "win32":
        return ()
    used = footprint.files
    loaded = tuple(file for file in carried if str(file.source) in used)
    return tuple(
        Preload(file.destination, rule)
        for package in package_rules.read_all()
        for rule in package.preload
        for file in loaded
        if matches(
            f"{layout.PYTHON if 'python' in package.names else layout.PACKAGES}/{rule.pattern}",
            file.destination,
        )
    )


def write_list(folder: Path, chosen: Iterable[Preload]) -> None:
    """Writes the list for the launcher, unless it is empty."""
    lines = "".join(f"{one.destination}\n" for one in chosen)
    if lines:
        (folder / layout.PRELOAD).write_text(lines, encoding="utf-8")
