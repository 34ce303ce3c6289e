"""PyInstaller itself tells what its functions find. The stand-ins find the same and import nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.import_spec.running import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.import_spec.table import Conversion

HEAD = """\
import json, sys
sys.path.insert(0, {folder})
from PyInstaller.utils.hooks import *
def shown(value):
    if isinstance(value, tuple):
        return [shown(part) for part in value]
    if isinstance(value, list):
        return sorted(shown(part) for part in value)
    return value.replace({folder}, "HERE") if isinstance(value, str) else value
"""

CALLS = [
    "collect_data_files('own')",
    "collect_data_files('own', excludes=['deep'])",
    "collect_data_files('own', excludes=['*.txt', 'deep/*'])",
    "collect_data_files('own', includes=['**/*.json'])",
    "collect_data_files('own', subdir='deep')",
    "collect_data_files('own', include_py_files=True)",
    "collect_data_files('own.deep')",
    "collect_data_files('own.late')",
    "collect_dynamic_libs('own')",
    "collect_dynamic_libs('own', destdir='.')",
    "collect_dynamic_libs('own', search_patterns=['*.so.1'])",
    "collect_submodules('own')",
    "collect_submodules('own', filter=lambda name: 'deep' not in name)",
    "collect_submodules('own.late')",
    "collect_submodules('nowhere_at_all')",
    "collect_all('own')",
    "collect_all('termcolor')",
    "collect_entry_point('pytest11')",
    "copy_metadata('numpy')",
    "get_module_file_attribute('own.late')",
    "get_package_paths('own.deep')",
    "check_requirement('numpy')",
    "check_requirement('nowhere-at-all')",
    "is_module_satisfies('numpy < 1')",
]


@pytest.fixture
def package(program: Path) -> Path:
    """The program's folder, with more in its package."""
    for name in (
        "deep/__init__.py",
        "deep/x.py",
        "deep/y.json",
        "libz.dylib",
        "libz.so.1",
        "loose/z.py",
        "loose/z.md",
    ):
        (program / "own" / name).parent.mkdir(exist_ok=True)
        (program / "own" / name).write_text("")
    return program


def test_they_find_what_pyinstaller_finds(package: Path) -> None:
    text = "print(json.dumps([{}]))".format(", ".join(f"shown({call})" for call in CALLS))
    script = HEAD.format(folder=repr(str(package))) + text
    done = subprocess.run([sys.executable, "-c", script], cwd=package, capture_output=True, check=True)
    theirs = dict(zip(CALLS, json.loads(done.stdout), strict=True))
    (package / "app.spec").write_text(HEAD.format(folder="SPECPATH") + text)
    ours = dict(zip(CALLS, json.loads(run(package / "app.spec").printed), strict=True))
    for call in CALLS:
        assert ours[call] == theirs[call], call


def test_nothing_is_imported(package: Path) -> None:
    for name in ("__init__.py", "late.py", "deep/__init__.py"):
        (package / "own" / name).write_text("raise SystemExit('it was imported')")
    text = "from PyInstaller.utils.hooks import collect_all\nprint(*collect_all('own')[2])"
    (package / "app.spec").write_text(text)
    assert run(package / "app.spec").printed == "own own.deep own.deep.x own.late\n"


@pytest.mark.parametrize(
    "call",
    [
        "collect_all('nowhere.at.all')",
        "collect_data_files('nowhere')",
        "collect_dynamic_libs('json.nowhere')",
        "collect_submodules('nowhere')",
        "copy_metadata('nowhere')",
    ],
)
def test_what_is_not_installed_is_noted(imported: Callable[..., Conversion], call: str) -> None:
    text = f"from PyInstaller.utils.hooks import *\nx = {call}\na = Analysis(['run.py'])"
    (note,) = imported(text).notes
    assert (note.line, note.what, note.lost) == (2, f"x = {call}", True)
    assert note.reason.endswith("is not installed here")
