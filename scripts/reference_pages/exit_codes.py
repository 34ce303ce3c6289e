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
A wrong option or value on the command line also gives 2. `tf2exe explain` gives 1 if the build does
not contain the name. `tf2exe doctor` gives 3 if a build cannot succeed.

An error is one message on standard error: what is wrong, why, what to do, and where the log is.

## Of an executable

An executable gives the exit code of the application. The launchers have these codes of their own; 113
to 117 occur in mode `onefile` only.
"""

OF_EXECUTABLE = """\
As in Python, 120 means that standard output could not be flushed at the end.

[Debug a failing executable](../how-to/debug-a-failing-executable.md#exit-codes-of-the-executable)
says what to do about each.
"""


def every_error(kind: type[errors.Tf2exeError] = errors.Tf2exeError) -> Iterator[type[errors.Tf2exeError]]:
    """An error class and all that derive from it."""
    yield kind
    for derived in kind.__subclasses__():
        yield from every_error(derived)


def launcher_codes() -> list[tuple[int, str]]:
    """The exit codes in the head comments of the launchers."""
    onefile = (LAUNCHERS / "onefile/main.c").read_text(encoding="utf-8")
    python = (LAUNCHERS / "interpreter/main.c").read_text(encoding="utf-8")
    found = re.findall(r"^ \* {5}(1\d\d)  (.+)$", onefile, re.MULTILINE)
    own = re.search(r"^ \* Exit codes of its own: (.+?)\.$", python, re.MULTILINE | re.DOTALL)
    text = re.sub(r"\s+\*\s+", " ", own[1]) if own else ""
    found += re.findall(r"(1\d\d) ([^,]+)", text)
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
