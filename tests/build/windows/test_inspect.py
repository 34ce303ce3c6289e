"""`tf2exe inspect` of Windows executables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tf2exe.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.promise("windows", "`tf2exe inspect` reads Windows executables, on any system.")
def test_facts_and_requirements(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(program), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["system"], found["architecture"]) == ("habits", "windows", "x86_64")
    assert found["mode"] == ("standalone" if (program.parent / "lib").is_dir() else "onefile")
    assert (found["subsystem"], found["is_signed"], found["missing"]) == ("console", False, [])
    assert found["minimum_system"] == "Windows 10"  # Python's libraries need the universal C runtime
    names = {library["name"] for library in found["libraries"]}
    assert {"kernel32.dll", "api-ms-win-crt-heap-l1-1-0.dll"} <= names
    assert not names & {"python3.dll", "python311.dll", "vcruntime140.dll"}, "they are bundled"


@pytest.mark.makes("windows windowed onefile", seconds=80)
def test_program_without_console(windowed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(windowed), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["subsystem"] == "windows"
