"""Markdown tables and their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def cell(text: object) -> str:
    """A text that cannot break out of its table cell."""
    return str(text).replace("|", "\\|").replace("\n", " ").strip()


def code(text: object) -> str:
    """A text in code style, in a table cell. A text with a backtick gets longer fences."""
    value = str(text).replace("\n", "\\n")
    fence = "``" if "`" in value else "`"
    return cell(f"{fence}{value}{fence}")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table, followed by an empty line."""
    lines = [headings, ["---"] * len(headings), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]
