"""A Windows program with a Tk window."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cross.toolchain.location import windows_path

if TYPE_CHECKING:
    from executables import Builder
    from windows_session import WindowsSession

TESTS = Path(__file__).resolve().parents[2]
PROGRAM = TESTS / "programs" / "tk_window" / "run_window.py"
COFFEE = TESTS.parent / "assets" / "samples" / "coffee.png"


def test_window_opens_and_closes(windows: WindowsSession, builder: Builder) -> None:
    def build(folder: Path) -> None:
        shutil.copy(PROGRAM, folder)
        command = ["build", PROGRAM.name, "--name", "window", "--target", "windows-x86_64", "--sample", ""]
        answer = builder.tf2exe(*command, "--runtime", "litert", "--mode", "onefile", cwd=folder)
        assert answer.exit_code == 0, answer.stderr.decode()[-2000:]

    made = builder.cache.get_or_make("windows window", build) / "dist" / "windows-x86_64" / "window.exe"
    (answer,) = windows.run(windows.request(made, windows_path(COFFEE)))
    assert (answer["code"], answer["stderr"]) == (0, "")
    assert answer["stdout"].splitlines()[1:] == ["False  ä", "120 90 True True", "closed"]
