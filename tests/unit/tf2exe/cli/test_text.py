from __future__ import annotations

import io

import pytest
from rich.console import Console

from tf2exe.cli.text import WIDEST, print_facts, print_text, wrapped

LONG = (
    "2 of 2 modules compiled to C; 27 packages (4,092 files, 1,078 MB) bundled; 3 packages loaded by the "
    "samples but not needed"
)


def make(width: int, *, terminal: bool = True) -> tuple[Console, io.TextIOWrapper]:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    return Console(file=out, force_terminal=terminal, color_system=None, width=width), out


def text_of(out: io.TextIOWrapper) -> str:
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    return out.buffer.getvalue().decode(out.encoding)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_facts_stand_below_each_other(width: int) -> None:
    console, out = make(width)
    print_facts(console, [("size", "3 MB"), ("parity", LONG)])
    lines = text_of(out).splitlines()
    assert lines[0] == "   size  3 MB"
    assert lines[1].startswith(" parity  2 of 2 modules")
    assert all(text.startswith(" " * 9) for text in lines[2:])
    assert max(map(len, lines)) <= min(width, WIDEST)


def test_each_fact_is_one_line_without_a_terminal() -> None:
    console, out = make(40, terminal=False)
    print_facts(console, [("size", "3 MB"), ("parity", LONG)])
    print_text(console, LONG, head="tf2exe: ", style="red")
    assert text_of(out).splitlines() == ["   size  3 MB", f" parity  {LONG}", f"tf2exe: {LONG}"]


def test_an_error_wraps_behind_its_heading() -> None:
    console, out = make(40)
    print_text(console, "one\n  two three four five six seven eight nine ten", head="tf2exe: ")
    assert text_of(out).splitlines() == [
        "tf2exe: one",
        "          two three four five six seven",
        "        eight nine ten",
    ]


def test_wide_characters_take_two_columns() -> None:
    assert wrapped("模型 模型 模型", 9) == ["模型 模型", "模型"]
