"""Texts of executables for Windows: UTF-8 everywhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from windows_desk import Desk

ARGUMENTS = [
    "*.jpg",
    "**/*",
    "a b",
    'say "hi"',
    "back\\",
    'two\\\\" x',
    "",
    "%PATH%",
    "^&|<>",
    "ü ☕ 日本",
    "'x'",
]


@pytest.mark.promise("windows", "Text is UTF-8 in any code page.")
def test_output_is_utf8_in_any_code_page(desk: Desk, program: Path) -> None:
    pages = (437, 932, 1252, 65001)
    answers = desk.ask(*(desk.order(program, "texts", "äß ☕ 日本", **{"code page": page}) for page in pages))
    assert {answer["stdout"] for answer in answers} == {'["äß ☕ 日本"]\r\n'}


def test_errors_are_utf8(desk: Desk, program: Path) -> None:
    (answer,) = desk.ask(desk.order(program, "says", "Ende: ü ☕", **{"code page": 437}))
    assert (answer["code"], answer["stderr"]) == (1, "Ende: ü ☕\r\n")


@pytest.mark.promise("windows", "Text is UTF-8 in any code page.")
def test_console_shows_unicode(desk: Desk, program: Path) -> None:
    (answer,) = desk.ask(desk.order(program, "texts", "äß é", deed="screen", **{"code page": 437}))
    assert '["äß é"]' in answer["screen"]


@pytest.mark.promise("windows", "Arguments reach the program as they were written.")
def test_arguments_are_passed_unchanged(desk: Desk, program: Path) -> None:
    """Nobody expands patterns, variables or quotes before the program."""
    (desk.folder / "a.jpg").touch()
    assert desk.answer(program, "texts", *ARGUMENTS) == ARGUMENTS


def test_standard_input(desk: Desk, program: Path) -> None:
    text = "line ü\r\n" * 50_000
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert desk.answer(program, "input", stdin=text) == [len(text.encode()), digest]


@pytest.mark.promise("windows", "Pipes and input behave as in Python.")
def test_closed_pipe_matches_python(desk: Desk, program: Path) -> None:
    """As in Python: it ends, whatever it says of the pipe."""
    script = desk.in_python("many", "200000", deed="leave")
    ours, theirs = desk.ask(desk.order(program, "many", "200000", deed="leave"), script)
    assert ours["stdout"] == "line 0\r\n"
    assert ours["code"] == theirs["code"] != 0
    last = [answer["stderr"].splitlines()[-1] for answer in (ours, theirs)]
    assert last[0] == last[1]
