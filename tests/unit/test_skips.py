"""Skips are summarised in one line; with a list of expected skips any other one fails the run."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from nested_pytest import run_pytest

TESTS = Path(__file__).resolve().parents[1]
INI = f"""
[pytest]
addopts = --strict-markers
pythonpath = {TESTS / "support"}
markers =
    long: for all
"""
CONFTEST = 'pytest_plugins = ["skips"]'
PROJECT = """
import pytest

@pytest.mark.long
def test_long(): ...

@pytest.mark.parametrize("number", range(2))
def test_tool(number):
    pytest.skip("no tool 7 [here]")

@pytest.mark.xfail(strict=True)
def test_known(): assert 0

def test_good(): ...
"""
WHOLE_FILE = "import pytest; pytest.skip('not this system', allow_module_level=True)"
LONG = "takes long: TF2EXE_TESTS=long runs it"


def entry(tests: str, message: str) -> str:
    return f"[[skip]]\ntests = {tests!r}\nmessage = {message!r}\nreason = 'it has none'\n"


def run(folder: Path, *options: str, expected: str | None = None, **files: str) -> tuple[int, list[str]]:
    """Exit code, and the lines of the summary but for the last one."""
    texts = {"pytest.ini": INI, "conftest.py": CONFTEST} | {
        f"{name}.py": text for name, text in files.items()
    }
    if expected is not None:
        (folder / "expected.toml").write_text(expected)
        options = (*options, "--expected-skips", "expected.toml")
    done = run_pytest(folder, texts, "-q", *options)
    words = ("skipped: ", "notice: ", "unexpected skip: ", "ERROR: ")
    return done.returncode, [
        line for line in (done.stdout + done.stderr).splitlines() if line.startswith(words)
    ]


WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])


@WORKERS
def test_skips_are_allowed_and_summarised_without_a_list(workers: tuple[str, ...], tmp_path: Path) -> None:
    code, lines = run(tmp_path, *workers, test_a=PROJECT, test_b=WHOLE_FILE)
    assert code == 0
    (line,) = lines
    assert sorted(line.removeprefix("skipped: ").split("; ")) == [
        "1 x not this system",
        f"1 x {LONG}",
        "2 x no tool 7 [here]",
    ]


@WORKERS
def test_unlisted_skip_fails_the_run(workers: tuple[str, ...], tmp_path: Path) -> None:
    listed = entry("*", LONG) + entry("test_a.py::test_tool[0]", "no tool*")
    code, lines = run(tmp_path, *workers, expected=listed, test_a=PROJECT, test_b=WHOLE_FILE)
    assert code == 1
    assert sorted(lines[1:]) == [
        "unexpected skip: test_a.py::test_tool[1]: no tool 7 [here]",
        "unexpected skip: test_b.py: not this system",
    ]


@WORKERS
def test_listed_skips_pass(workers: tuple[str, ...], tmp_path: Path) -> None:
    listed = (
        entry("*", LONG)
        + entry("test_a.py::test_tool[?]", "no tool ? [here]")
        + entry("test_b.py", "not this system")
    )
    code, lines = run(tmp_path, *workers, expected=listed, test_a=PROJECT, test_b=WHOLE_FILE)
    assert code == 0
    assert [line.split(":")[0] for line in lines] == ["skipped"]


def test_unused_entry_is_a_notice(tmp_path: Path) -> None:
    listed = entry("*", LONG) + entry("*::test_tool*", "no tool*") + entry("test_a.py::test_good", "no luck")
    listed += entry("test_elsewhere.py", "not part of this run")
    code, lines = run(tmp_path, expected=listed, test_a=PROJECT)
    assert code == 0
    assert lines[1:] == ["notice: no longer skipped: test_a.py::test_good (no luck)"]


@pytest.mark.parametrize("listed", ["[[skip]]\ntests = '*'\nmessage = '*'\n", "[[skips]]\n", "?"])
def test_invalid_list_is_refused(listed: str, tmp_path: Path) -> None:
    code, lines = run(tmp_path, expected=listed, test_a=PROJECT)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert lines[0].startswith("ERROR: --expected-skips expected.toml: ")


def test_every_entry_of_ci_has_a_reason() -> None:
    entries = tomllib.loads((TESTS / "expected_skips.toml").read_text(encoding="utf-8"))["skip"]
    for found in entries:
        assert found.keys() == {"tests", "message", "reason"}
        assert found["reason"]
