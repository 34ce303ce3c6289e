"""Windows programs without a console: log file, message box and child processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain.location import windows_path

if TYPE_CHECKING:
    from pathlib import Path

    from windows_session import WindowsSession

DAMAGED = 113

pytestmark = pytest.mark.makes("windows windowed onefile", seconds=80)


@pytest.mark.promise("windows", "Without a console, errors go to a log file and a message box.")
def test_errors_go_to_a_file_and_a_message(windows: WindowsSession, windowed: Path) -> None:
    (answer,) = windows.run(
        windows.request(windowed, "raises", "ü ☕", action="message", title="windowed.exe")
    )
    log = windows.local / "tf2exe" / "windowed.log"
    lines = log.read_text(encoding="utf-8").splitlines()
    assert answer["code"] == 1
    assert lines[0].startswith("--- 2")
    assert lines[-1] == "ValueError: ü ☕"
    said = "\n".join(answer["texts"])
    assert "ValueError: ü ☕" in said
    assert windows_path(log) in said


def test_success_shows_no_message(windows: WindowsSession, windowed: Path) -> None:
    written = windows.folder / "written.json"
    logged, wrote = windows.run(
        windows.request(windowed, "log", action="message", title="windowed.exe"),
        windows.request(
            windowed, "file", windows_path(written), "streams", action="message", title="windowed.exe"
        ),
    )
    assert logged == wrote == {"code": 0, "stdout": "", "stderr": "", "texts": []}
    log = windows.local / "tf2exe" / "windowed.log"
    assert log.read_text(encoding="utf-8").splitlines()[1:] == ["a line for the log: äöü ☕"]
    assert json.loads(written.read_text(encoding="utf-8")) == {
        "stdin": None,
        "stdout": None,
        "stderr": "utf-8",
    }


def test_redirected_streams_work(windows: WindowsSession, windowed: Path) -> None:
    printed, failed = windows.run(
        windows.request(windowed, "texts", "ü ☕"), windows.request(windowed, "says", "Ende ü")
    )
    assert printed == {"code": 0, "stdout": '["ü ☕"]\r\n', "stderr": ""}
    assert failed == {"code": 1, "stdout": "", "stderr": "Ende ü\r\n"}
    assert not list(windows.local.rglob("*.log"))


@pytest.mark.promise("windows", "Without a console, errors go to a log file and a message box.")
def test_damaged_onefile_shows_a_message(windows: WindowsSession, windowed: Path) -> None:
    path = windows.folder / "damaged.exe"
    path.write_bytes(windowed.read_bytes()[:-1000])
    (answer,) = windows.run(windows.request(path, "texts", action="message", title=""))
    assert answer["code"] == DAMAGED
    assert "the executable is damaged" in "\n".join(answer["texts"])


@pytest.mark.promise("windows", "Without a console, child processes open none.")
def test_console_children_show_no_window(windows: WindowsSession, windowed: Path, folder: Path) -> None:
    """The child has a console, but its window is hidden."""
    written = windows.folder / "written.json"
    words = ("file", windows_path(written), "child", windows_path(folder), "console")
    (answer,) = windows.run(windows.request(windowed, *words, action="message", title="windowed.exe"))
    assert (answer["code"], answer["texts"]) == (0, [])
    code, said = json.loads(written.read_text(encoding="utf-8"))
    assert code == 0
    assert json.loads(said)["window"] is False
    assert json.loads(said)["code page"] != 0
