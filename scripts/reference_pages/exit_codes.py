"""`exit-codes.md`, from the error classes and from the head comments of the launchers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from reference_pages.markdown import cell, table
from tf2exe import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

LAUNCHERS = Path(__file__).resolve().parents[2] / "src" / "tf2exe" / "launchers"

OF_BUILDER = """\
A wrong option or a wrong value on the command line ends with 2, too. `tf2exe explain` ends with 1
when the build knows nothing of what was asked. `tf2exe doctor` ends with 3 when a build cannot
succeed.

An error is one message on standard error: what happened, why, what to do, and where the log is.

## Of an executable

An executable ends with the exit code of the application. These codes are its launchers' own; 113 to
117 exist in mode `onefile` only.
"""

OF_EXECUTABLE = """\
As in Python, 120 means that standard output could not be flushed at the end.

[Debug a failing executable](../how-to/debug-a-failing-executable.md) says what to do.
"""


def every_error(kind: type[errors.Tf2exeError] = errors.Tf2exeError) -> Iterator[type[errors.Tf2exeError]]:
    """An error class and all that derive from it."""
    yield kind
    for derived in kind.__subclasses__():
        yield from every_error(derived)


def launcher_codes() -> list[tuple[int, str]]:
    """The exit codes that the launchers' head comments list."""
    onefile = (LAUNCHERS / "onefile.c").read_text(encoding="utf-8")
    python = (LAUNCHERS / "python.c").read_text(encoding="utf-8")
    found = re.findall(r"^ \* {5}(1\d\d)  (.+)$", onefile, re.MULTILINE)
    line = re.search(r"^ \* Exit codes of its own: (.+)\.$", python, re.MULTILINE)
    found += re.findall(r"(1\d\d) ([^,]+)", line[1] if line else "")
    return sorted((int(number), meaning) for number, meaning in found)


def page() -> list[str]:
    """The lines of the page."""
    known = sorted({(error.exit_code, error.meaning) for error in every_error()})
    own = [["0", "success"], *([str(number), cell(meaning)] for number, meaning in known)]
    launchers = [[str(number), cell(meaning)] for number, meaning in launcher_codes()]
    return [
        "# Exit codes",
        "",
        "## Of `tf2exe`",
        "",
        *table(["code", "meaning"], own),
        *OF_BUILDER.splitlines(),
        "",
        *table(["code", "meaning"], launchers),
        *OF_EXECUTABLE.splitlines(),
    ]
