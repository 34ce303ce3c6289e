"""The progress of Nuitka, from its messages and from the object files that the C compiler writes."""

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
"""A part of the message that Nuitka prints at the start of each activity."""

RUNTIME_FOLDER = "static_src"
"""The folder of the C files of Nuitka's runtime."""
OBJECT_SUFFIXES = (".o", ".os", ".obj")


class NuitkaProgress:
    """Follows one run of Nuitka.

    Args:
        folder: Nuitka's output folder, which need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._activity: Activity = "analyse"

    def on_line(self, line: str) -> None:
        """Takes a line that Nuitka printed."""
        for text, activity in MESSAGES:
            if text in line:
                self._activity = activity

    def current_step(self) -> Step:
        """The current activity, with the number of compiled files while the C compiler runs."""
        if self._activity != "compile":
            return Step(self._activity)
        files = [path for folder in self._folder.glob("*.build") for path in _files(folder)]
        total = sum(path.suffix == ".c" for path in files)
        done = sum(path.suffix in OBJECT_SUFFIXES and _is_written(path) for path in files)
        # Nuitka reports that it links while the last files are still compiled.
        return Step("compile", number=done, total=total) if done < total else Step("link")


def _files(folder: Path) -> list[Path]:
    """The C files and objects of a build; Scons compiles the files of these two folders only."""
    found: list[Path] = []
    for part in (folder, folder / RUNTIME_FOLDER):
        with suppress(OSError):
            found += part.iterdir()
    return found


def _is_written(path: Path) -> bool:
    """Whether an object file is complete; the assembler creates it empty, and writes it at the end."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
