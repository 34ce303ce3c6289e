"""How tests are shared out between two workers, tried with small tests in a run of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("xdist")

TESTS = Path(__file__).resolve().parents[1]
INI = """
[pytest]
addopts = --strict-markers --import-mode=importlib
norecursedirs = .*
markers =
    build: for all
    makes(what, seconds): the longest first
"""
BUILDS = """
import time
import pytest

def make(folder):
    with (folder.parent / "made").open("a") as log:
        log.write("x")
    time.sleep(0.5)
    (folder / "whole").touch()

def fail(folder):
    with (folder.parent / "tried").open("a") as log:
        log.write("x")
    pytest.fail("why it failed\\nand more", pytrace=False)

@pytest.mark.parametrize("number", range(6))
def test_shared(builder, number):
    assert (builder.once.make("a thing", make) / "whole").exists()

@pytest.mark.makes("short", seconds=1)
@pytest.mark.parametrize("number", range(2))
def test_short(builder, number):
    time.sleep(0.2)

@pytest.mark.makes("long", seconds=2)
@pytest.mark.parametrize("number", range(2))
def test_long(builder, number):
    time.sleep(0.2)

@pytest.mark.parametrize("number", range(3))
def test_failed(builder, number):
    builder.once.make("another thing", fail)
"""
UNIT = """
import os
import pytest

@pytest.mark.parametrize("number", range(20))
def test_unit(number):
    print(os.environ["PYTEST_XDIST_WORKER"])
"""


def test_what_is_shared_is_made_once_and_the_longest_first(tmp_path: Path) -> None:
    for name in ("conftest.py", "build/conftest.py"):
        (tmp_path / "tests" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TESTS / name, tmp_path / "tests" / name)
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "tests" / "build" / "test_builds.py").write_text(BUILDS)
    (tmp_path / "tests" / "unit").mkdir()
    (tmp_path / "tests" / "unit" / "test_units.py").write_text(UNIT)
    env = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "CI", "BUILD"))}
    env["COLUMNS"] = "200"  # for whole reasons
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-vrf", "--basetemp", "base"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 failed, 30 passed" in done.stdout, done.stdout
    for name in ("made", "tried"):
        assert (tmp_path / "base" / "executables" / name).read_text() == "x"
    finished = re.findall(r"\[(gw\d)\] \[ *\d+%\] \w+ \S+::(\w+)", done.stdout)
    assert {worker for worker, _ in finished} == {"gw0", "gw1"}
    assert {name for _, name in finished[:2]} == {"test_long", "test_short"}
    assert len({worker for worker, name in finished if name == "test_unit"}) == 1
    reasons = re.findall(r"^FAILED .*?test_failed.*? - (.*)", done.stdout, re.MULTILINE)
    assert sorted(reasons) == ["Failed: failed already: why it failed"] * 2 + ["Failed: why it failed"]
