"""What Nuitka does now: read from its messages, and from the object files that the C compiler leaves."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tf2exe.system.progress import Activity, Step

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES: tuple[tuple[str, Activity], ...] = (
    ("Starting Python compilation", "analyse"),
    ("Generating source code", "generate"),
    ("Running C compilation", "compile"),
)
"""A part of the message with which Nuitka begins each kind of work."""

LIBRARY = "static_src"
"""Nuitka's folder for C files of its own."""
OBJECTS = (".o", ".os", ".obj")


class NuitkaProgress:
    """Follows one run of Nuitka.

    Args:
        folder: Nuitka's output folder, which need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._activity: Activity = "analyse"

    def heard(self, line: str) -> None:
        """Nuitka printed a line."""
        for text, activity in MESSAGES:
            if text in line:
                self._activity = activity

    def step(self) -> Step:
        """What it does now; while the C compiler runs, with the number of files that are compiled."""
        if self._activity != "compile":
            return Step(self._activity)
        files = [path for folder in self._folder.glob("*.build") for path in _files(folder)]
        total = sum(path.suffix == ".c" for path in files)
        done = sum(path.suffix in OBJECTS and _is_written(path) for path in files)
        # Nuitka reports that it links while the last files are still compiled.
        return Step("compile", number=done, total=total) if done < total else Step("link")


def _files(folder: Path) -> list[Path]:
    """The files that Scons compiles, and what they became; it looks into no other folders."""
    found: list[Path] = []
    for place in (folder, folder / LIBRARY):
        with suppress(OSError):
            found += place.iterdir()
    return found


def _is_written(path: Path) -> bool:
    """Whether an object is complete: the assembler creates the file early, and writes it at its end."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
