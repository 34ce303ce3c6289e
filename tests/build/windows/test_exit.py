"""Exit codes, tracebacks and Ctrl-C of Windows executables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain.location import windows_path

if TYPE_CHECKING:
    from windows_session import WindowsSession

CONTROL_C = 0xC000013A


@pytest.mark.promise("windows", "The onefile passes on 32-bit exit codes.")
def test_exit_codes(windows: WindowsSession, program: Path) -> None:
    """Exit codes have 32 bits on Windows, and the onefile passes on all of them."""
    codes = [0, 1, 2, 3, 127, 128, 255, 256, 300, 65536, 2**31 - 1, -1, -1073741510]
    answers = windows.run(*(windows.request(program, "end", str(code)) for code in codes))
    assert [answer["code"] for answer in answers] == [code % 2**32 for code in codes]
    assert {answer["stdout"] + answer["stderr"] for answer in answers} == {""}


def test_traceback(windows: WindowsSession, program: Path) -> None:
    (answer,) = windows.run(windows.request(program, "raises", "ü ☕"))
    assert answer["code"] == 1
    assert answer["stderr"].splitlines()[-1] == "ValueError: ü ☕"


@pytest.mark.promise("windows", "The onefile passes on Ctrl-C.")
def test_control_c(windows: WindowsSession, program: Path) -> None:
    """The exit code is the program's if it catches Ctrl-C, otherwise Windows'. No process remains."""
    caught, uncaught = windows.run(
        windows.request(program, "wait and catch", action="interrupt"),
        windows.request(program, "wait", action="interrupt"),
    )
    assert caught == {"code": 130, "stdout": '"ready"\r\n"caught"\r\n', "stderr": ""}
    assert (uncaught["code"], uncaught["stdout"]) == (CONTROL_C, '"ready"\r\n')
    assert uncaught["stderr"].splitlines()[-1] == "KeyboardInterrupt"
    assert find_processes(program.name) == []


def test_child_shares_the_console(windows: WindowsSession, program: Path) -> None:
    parent, child = windows.run(
        windows.request(program, "console", **{"code page": 850}),
        windows.request(program, "child", windows_path(program), "console", **{"code page": 850}),
    )
    expected = {"window": False, "code page": 850}
    assert json.loads(parent["stdout"]) == expected
    code, said = json.loads(child["stdout"])
    assert (code, json.loads(said)) == (0, expected)


def find_processes(name: str) -> list[str]:
    """The Linux processes that run a Windows program."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].lower().endswith(b"\\" + name.encode()) and b"wait" in b" ".join(words):
            found.append(str(path))
    return found
