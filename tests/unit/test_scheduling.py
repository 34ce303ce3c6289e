"""Two workers share builds and start the longest first; shown with the tests of a small project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nested_pytest import run_pytest

pytest.importorskip("xdist")

SUPPORT = Path(__file__).resolve().parents[1] / "support"
FILES = {
    "pytest.ini": f"""
[pytest]
addopts = --strict-markers --import-mode=importlib
norecursedirs = .*
pythonpath = {SUPPORT}
markers =
    build: for all
    long: for all
    makes(what, seconds): the longest first
""",
    "tests/conftest.py": """
import pytest
from executables import Builder

pytest_plugins = ["scheduling"]

@pytest.fixture(scope="session")
def builder(tmp_path_factory):
    return Builder(tmp_path_factory.getbasetemp().parent)
""",
    "tests/build/test_builds.py": """
import time
import pytest

def started(builder, name):
    with (builder.folder / "started").open("a") as log:
        log.write(name + " ")

def waited_for(builder, name):
    started(builder, "short" if name == "long" else "long")
    end = time.monotonic() + 60
    while name not in (builder.folder / "started").read_text():
        assert time.monotonic() < end, f"{name} does not run at the same time"
        time.sleep(0.01)

def make(folder):
    with (folder.parent / "made").open("a") as log:
        log.write("x")
    (folder / "done").touch()

def fail(folder):
    with (folder.parent / "tried").open("a") as log:
        log.write("x")
    pytest.fail("why it failed\\nand more", pytrace=False)

@pytest.mark.parametrize("number", range(6))
def test_shared(builder, number):
    started(builder, "other")
    assert (builder.cache.get_or_make("a thing", make) / "done").exists()

@pytest.mark.makes("short", seconds=1)
@pytest.mark.parametrize("number", range(2))
def test_short(builder, number):
    waited_for(builder, "long")

@pytest.mark.skip
@pytest.mark.makes("long", seconds=2)
def test_skipped():
    pass

@pytest.mark.makes("long", seconds=2)
@pytest.mark.parametrize("number", range(2))
def test_long(builder, number):
    waited_for(builder, "short")

@pytest.mark.parametrize("number", range(3))
def test_failed(builder, number):
    builder.cache.get_or_make("another thing", fail)
""",
    "tests/unit/test_units.py": """
import pytest

@pytest.mark.parametrize("number", range(20))
def test_unit(number):
    pass
""",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What pytest printed, and the folder that its tests shared."""
    folder = tmp_path_factory.mktemp("project")
    wide = {"COLUMNS": "200"}  # for whole reasons
    done = run_pytest(folder, FILES, "-vrf", "--basetemp", "base", env=wide)
    assert "3 failed, 30 passed, 1 skipped" in done.stdout, done.stdout
    return done.stdout, folder / "base"


def test_build_is_made_once_for_all_workers(ran: tuple[str, Path]) -> None:
    assert (ran[1] / "made").read_text() == "x"


def test_failed_build_is_not_repeated(ran: tuple[str, Path]) -> None:
    output, shared = ran
    assert (shared / "tried").read_text() == "x"
    reasons = re.findall(r"^FAILED .*?test_failed.*? - (.*)", output, re.MULTILINE)
    assert sorted(reasons) == ["Failed: failed already: why it failed"] * 2 + ["Failed: why it failed"]


def test_longest_builds_start_first_in_different_workers(ran: tuple[str, Path]) -> None:
    assert set((ran[1] / "started").read_text().split()[:2]) == {"long", "short"}


def test_file_of_unit_tests_stays_in_one_worker(ran: tuple[str, Path]) -> None:
    finished = re.findall(r"\[(gw\d)\] \[ *\d+%\] \w+ \S+::(\w+)", ran[0])
    assert {worker for worker, _ in finished} == {"gw0", "gw1"}
    assert len({worker for worker, name in finished if name == "test_unit"}) == 1
