"""A program with a Tk window bundles Tcl, Tk and their scripts, and uses none of the system."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from executables import Builder, Executable

tkinter = pytest.importorskip("tkinter", reason="this Python has no tkinter", exc_type=ImportError)

COFFEE = Path(__file__).resolve().parents[2] / "assets" / "samples" / "coffee.png"


@pytest.fixture(
    scope="session", params=[pytest.param("onefile", marks=pytest.mark.makes("tk_window", seconds=25))]
)
def window(request: pytest.FixtureRequest, builder: Builder) -> Executable:
    """Its only sample opens no window, so the build needs no display."""
    return builder.program("tk_window", "--sample", "", mode=request.param)


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """The name of a virtual display."""
    server = shutil.which("Xvfb") or pytest.skip("Xvfb is not installed: apt install xvfb")
    read, write = os.pipe()
    command = [server, "-displayfd", str(write), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as process:
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            number = pipe.readline().strip().decode()
        yield f":{number}"
        process.terminate()


@pytest.mark.promise("build", "A tkinter program bundles Tcl, Tk and their scripts.")
def test_window_opens_and_closes(window: Executable, builder: Builder, screen: str) -> None:
    ours = window.run(str(COFFEE), DISPLAY=screen)
    theirs = builder.python("run_window.py", str(COFFEE), cwd=window.source, DISPLAY=screen)
    assert ours == theirs
    assert ours.exit_code == 0, ours.stderr
    assert ours.stdout.endswith(b"\n120 90 True True\nclosed\n")


@pytest.mark.promise("build", "A tkinter program uses no Tcl scripts of the system.")
def test_tcl_scripts_are_bundled(window: Executable, screen: str) -> None:
    """Tcl refuses scripts of another version, which the system may have."""
    strace = shutil.which("strace") or pytest.skip("strace is not installed: apt install strace")
    env = {"HOME": str(window.home), "DISPLAY": screen, "PATH": ""}
    command = [strace, "-f", "-e", "trace=openat,execve", str(window.program), str(COFFEE)]
    done = subprocess.run(command, env=env, capture_output=True, check=True)
    lines = [line for line in done.stderr.splitlines() if b'"' in line and b" = -1 " not in line]
    opened = [line.split(b'"')[1].decode() for line in lines]
    scripts = [path for path in opened if path.startswith("/") and path.endswith((".tcl", "tclIndex", ".tm"))]
    assert [path for path in scripts if path.endswith(f"/lib/tk{tkinter.TkVersion}/tk.tcl")]
    assert not [path for path in scripts if not path.startswith(str(window.home))]


def test_missing_display_matches_python(window: Executable, builder: Builder) -> None:
    theirs = builder.python("run_window.py", str(COFFEE), cwd=window.source, DISPLAY=":4095")
    ours = window.run(str(COFFEE), DISPLAY=":4095")
    assert ours.exit_code == theirs.exit_code == 1
    assert ours.stdout == theirs.stdout
    assert (
        ours.stderr.splitlines()[-3:] == theirs.stderr.splitlines()[-3:]
    )  # the last line of the program, and the error
    assert b"couldn't connect to display" in ours.stderr


@pytest.mark.promise("build", "Programs without tkinter bundle no Tcl or Tk.")
def test_programs_without_tkinter_bundle_no_tk(builder: Builder, window: Executable) -> None:
    def parts(built: Executable) -> set[str]:
        files = json.loads((built.build / "manifest.json").read_bytes())["files"]
        names = ("/tkinter/", "libtk", "libX11", "/tcl8", "/tk8", "_tkinter", "_imagingtk")
        return {name for name in names for file in files if name in f"/{file['path']}"}

    assert {"/tkinter/", "_tkinter", "_imagingtk"} <= parts(window)
    assert parts(builder.program("import_inside_function", "--sample", "", mode="standalone")) == set()
