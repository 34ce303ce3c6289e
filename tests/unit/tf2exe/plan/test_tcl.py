"""Where the scripts of Tcl and Tk lie, in the layouts that installations have."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import MachineError
from tf2exe.plan import tcl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes folders, and a tkinter whose Tcl lies in the first of them."""

    def make(first: str, *others: str, auto_path: str = "") -> Path:
        for name in (first, *others):
            (tmp_path / name).mkdir(parents=True)
            if name.rpartition("/")[2].startswith("tk"):
                (tmp_path / name / "tk.tcl").touch()
        said = {"info library": str(tmp_path / first), "set auto_path": str(tmp_path / auto_path)}
        interpreter = SimpleNamespace(eval=said.__getitem__, splitlist=lambda text: (text,))
        made = SimpleNamespace(Tcl=lambda: interpreter, TclVersion=8.6, TkVersion=8.6)
        monkeypatch.setitem(sys.modules, "tkinter", made)
        return tmp_path

    return make


def test_as_they_are_made(install: Install) -> None:
    base = install("lib/tcl8.6", "lib/tk8.6", "lib/tcl8/8.6")
    assert tcl.script_libraries() == (
        ("tcl8.6", base / "lib/tcl8.6"),
        ("tk8.6", base / "lib/tk8.6"),
        ("tcl8", base / "lib/tcl8"),
    )


def test_as_debian_has_them(install: Install) -> None:
    """Its Tcl looks for modules in one folder, which is written into it; all look below `tcl8/8.6`."""
    base = install("tcltk/tcl8.6", "tcltk/tk8.6", "tcltk/tcl8.6/tcl8")
    assert tcl.script_libraries()[2] == ("tcl8/8.6", base / "tcltk/tcl8.6/tcl8")


def test_tk_elsewhere(install: Install) -> None:
    base = install("one/tcl8.6", "two/tk8.6", auto_path="two")
    assert tcl.script_libraries() == (("tcl8.6", base / "one/tcl8.6"), ("tk8.6", base / "two/tk8.6"))


def test_without_tk(install: Install) -> None:
    install("lib/tcl8.6")
    with pytest.raises(MachineError, match=r"no scripts of Tk 8\.6: .*there is no tk8\.6 beside "):
        tcl.script_libraries()


def test_scripts_inside_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = SimpleNamespace(eval=lambda _: "//zipfs:/lib/tcl/tcl_library")
    monkeypatch.setitem(sys.modules, "tkinter", SimpleNamespace(Tcl=lambda: interpreter))
    assert tcl.script_libraries() == ()


def test_a_python_without_tkinter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tkinter", None)
    assert tcl.script_libraries() == ()
