"""Text for people: consoles, lines that wrap at words, numbers with nouns, and paths.

Without a terminal each fact is one line without control characters, however long, so that it can be searched.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDEST = 100
"""Longer lines are hard to read."""

State = Literal["done", "warning", "failed", "running"]

MARKS: dict[State, tuple[str, str, str]] = {
    "done": ("✓", "+", "green"),
    "warning": ("!", "!", "bold yellow"),
    "failed": ("✗", "x", "red"),
    "running": (" ", " ", ""),
}
"""The sign of a state, the same for a terminal without Unicode, and its style."""


def new_console(*, stderr: bool = False) -> Console:
    """A console; without a terminal its tables are as wide as they need to be."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=1000)


def is_plain(console: Console) -> bool:
    """Whether there is no terminal that could show anything but lines."""
    return not console.is_terminal or console.is_dumb_terminal


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text, broken at words; a longer word, such as a path, stays whole, to be copied."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in re.findall(r"\s*\S+", paragraph):
            if line and cell_len(line + word) > width:
                lines.append(line)
                line = word.lstrip()
            else:
                line += word
        lines.append(line)
    return lines


def print_text(console: Console, text: str, *, head: str = "", hang: int = 0, style: str = "") -> None:
    """Prints a text after its heading; on a terminal, further lines are indented by ``hang`` columns more."""
    if is_plain(console):
        print_line(console, Text(head + text, style))
        return
    first, later = Text(head, style), Text(" " * (Text(head).cell_len + hang))
    for line in wrapped(text, min(console.width, WIDEST) - later.cell_len):
        print_line(console, first + Text(line, style))
        first = later


def print_facts(console: Console, named: Sequence[tuple[str, str]]) -> None:
    """Prints names with their values below each other."""
    widest = max((len(name) for name, _ in named), default=0)
    for name, value in named:
        print_text(console, value, head=f"{name:>{widest + 1}}  ")


def print_check(console: Console, level: Literal["ok", "warning", "error"], name: str, text: str) -> None:
    """Prints the result of a check after its sign; without a terminal, after the level as a word."""
    if is_plain(console):
        print_line(console, Text(f"{level}: {name}: {text}"))
        return
    state: State = {"ok": "done", "warning": "warning", "error": "failed"}[level]  # type: ignore[assignment]
    mark = mark_of(console, state)
    head = Text(f" {name:<10} ")
    for line in wrapped(text, min(console.width, WIDEST) - 1 - head.cell_len):
        print_line(console, mark + head + Text(line))
        mark, head = Text(" "), Text(" " * head.cell_len)


def mark_of(console: Console, state: State) -> Text:
    """The sign of a state, in its colour."""
    sign, ascii_sign, style = MARKS[state]
    return Text.assemble((ascii_sign if console.options.ascii_only else sign, style))


def print_line(console: Console, text: Text) -> None:
    """Prints a line that does not wrap."""
    console.print(text, soft_wrap=True, highlight=False)


def shown_path(path: Path) -> str:
    """A path as seen from the current folder, where it is below that."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def count_noun(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
