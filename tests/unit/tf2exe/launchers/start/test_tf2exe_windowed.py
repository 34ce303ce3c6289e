"""Windows programs without a console, with substitutes for the functions of Windows."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.launchers import sources

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = """
import os, sys, types
sys.path.insert(0, {folder!r})
calls = []
sys.modules["_winapi"] = types.SimpleNamespace(CreateProcess=lambda *arguments: calls.append(arguments))
sys.stdout, real = None, sys.stdout
sys.stderr = None
sys.executable = "C:/Program Files/Klässi.exe"
import tf2exe_windowed
tf2exe_windowed.prepare()
"""


def run(folder: Path, program: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a program after `BEGIN`, in an environment with only these variables."""
    code = BEGIN.format(folder=str(sources.FOLDER / "start")) + program
    return subprocess.run(
        [sys.executable, "-I", "-c", code],
        env={"LOCALAPPDATA": str(folder), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def log(folder: Path) -> str:
    return (folder / "tf2exe" / "Klässi.log").read_text(encoding="utf-8")


def test_a_program_without_output_writes_no_file(tmp_path: Path) -> None:
    assert run(tmp_path, "print('discarded')").returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.promise("windows", "Without a console, errors go to a log file and a message box.")
def test_errors_go_to_a_file(tmp_path: Path) -> None:
    for number in (1, 2):
        done = run(tmp_path, f"raise ValueError('wörd {number} \\ud800')")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    first, *_, last = log(tmp_path).splitlines()
    assert first.startswith("--- 20")
    assert last == r"ValueError: wörd 2 \ud800"
    assert log(tmp_path).count("Traceback (most recent call last)") == 2


@pytest.mark.promise("windows", "Without a console, errors go to a log file and a message box.")
@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise ValueError('why')", "ValueError: why"),
        ("sys.exit('why')", "why"),
        (
            "import argparse; argparse.ArgumentParser('app').parse_args(['x'])",
            "app: error: unrecognized arguments: x",
        ),
        ("sys.stderr.write('first\\nlast\\n\\n'); sys.exit(3)", "last"),
        ("sys.stderr.write('no end'); sys.exit(3)", "no end"),
        ("sys.exit(3)", None),
        ("sys.exit()", None),
        ("sys.stderr.write('a warning')", None),
        ("sys.stderr.write('ending'); raise KeyboardInterrupt", None),
    ],
)
def test_the_last_line_is_shown_when_the_program_fails(
    tmp_path: Path, program: str, message: str | None
) -> None:
    around = f"""
import atexit, ctypes
shown = []
user32 = types.SimpleNamespace(MessageBoxW=lambda *given: shown.append(given[1:3]))
ctypes.windll = types.SimpleNamespace(user32=user32)
atexit.register(lambda: print(ascii(shown), file=real, flush=True))
try:
    {program}
except BaseException as error:
    tf2exe_windowed.on_failure(error)
    raise
"""
    done = run(tmp_path, around)
    path = tmp_path / "tf2exe" / "Klässi.log"
    assert done.stdout.strip() == ascii([(f"{message}\n\n{path}", "Klässi.exe")] if message else [])


def test_a_large_file_is_renamed(tmp_path: Path) -> None:
    path = tmp_path / "tf2exe" / "Klässi.log"
    path.parent.mkdir()
    path.write_bytes(b"x" * (1 << 20) + b"\n")
    run(tmp_path, "raise ValueError('new')")
    assert len(log(tmp_path)) < 1000
    assert (tmp_path / "tf2exe" / "Klässi.old.log").stat().st_size == (1 << 20) + 1


def test_errors_of_the_log_file_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "tf2exe").write_text("a file")
    assert run(tmp_path, "sys.stderr.write('lost'); sys.exit(3)").returncode == 3


def test_redirected_streams_are_not_replaced(tmp_path: Path) -> None:
    code = BEGIN.format(folder=str(sources.FOLDER / "start")).replace("sys.stderr = None", "")
    done = subprocess.run(
        [sys.executable, "-I", "-c", code + "raise ValueError('why')"],
        env={"LOCALAPPDATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == "ValueError: why"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.promise("windows", "Without a console, child processes open none.")
@pytest.mark.parametrize(
    ("flags", "expected"), [(0, 0x8000000), (0x200, 0x8000200), (0x10, 0x10), (0x8, 0x8)]
)
def test_child_processes_open_no_console_by_default(tmp_path: Path, flags: int, expected: int) -> None:
    call = f"sys.modules['_winapi'].CreateProcess('a', 'b', None, None, 0, {flags}, None, None, None)"
    done = run(tmp_path, f"{call}\nprint(calls[0][5], file=real)")
    assert done.stdout.strip() == str(expected)


def test_os_system_starts_a_child_process(tmp_path: Path) -> None:
    assert run(tmp_path, "print(os.system('exit 3'), file=real)").stdout.strip() == "3"
