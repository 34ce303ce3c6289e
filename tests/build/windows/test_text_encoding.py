"""Windows executables use UTF-8 for all text."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from windows_session import WindowsSession

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
def test_output_is_utf8_in_any_code_page(windows: WindowsSession, program: Path) -> None:
    pages = (437, 932, 1252, 65001)
    answers = windows.run(
        *(windows.request(program, "texts", "äß ☕ 日本", **{"code page": page}) for page in pages)
    )
    assert {answer["stdout"] for answer in answers} == {'["äß ☕ 日本"]\r\n'}


def test_errors_are_utf8(windows: WindowsSession, program: Path) -> None:
    (answer,) = windows.run(windows.request(program, "says", "Ende: ü ☕", **{"code page": 437}))
    assert (answer["code"], answer["stderr"]) == (1, "Ende: ü ☕\r\n")


@pytest.mark.promise("windows", "Text is UTF-8 in any code page.")
def test_console_shows_unicode(windows: WindowsSession, program: Path) -> None:
    (answer,) = windows.run(windows.request(program, "texts", "äß é", action="screen", **{"code page": 437}))
    assert '["äß é"]' in answer["screen"]


@pytest.mark.promise("windows", "Arguments reach the program as they were written.")
def test_arguments_are_passed_unchanged(windows: WindowsSession, program: Path) -> None:
    """Patterns, variables and quotes are not expanded before the program sees them."""
    (windows.folder / "a.jpg").touch()
    assert windows.run_json(program, "texts", *ARGUMENTS) == ARGUMENTS


def test_standard_input(windows: WindowsSession, program: Path) -> None:
    text = "line ü\r\n" * 50_000
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert windows.run_json(program, "input", stdin=text) == [len(text.encode()), digest]


@pytest.mark.promise("windows", "Pipes and input behave as in Python.")
def test_closed_pipe_matches_python(windows: WindowsSession, program: Path) -> None:
    """The program ends with the same error as in Python."""
    script = windows.python_request("many", "200000", action="leave")
    ours, theirs = windows.run(windows.request(program, "many", "200000", action="leave"), script)
    assert ours["stdout"] == "line 0\r\n"
    assert ours["code"] == theirs["code"] != 0
    last = [answer["stderr"].splitlines()[-1] for answer in (ours, theirs)]
    assert last[0] == last[1]
