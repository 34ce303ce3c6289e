"""An incomplete toolchain for Windows is one reason to skip, which CI does not expect."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import windows_toolchain
from nested_pytest import run_pytest
from tf2exe.compile import compilers
from tf2exe.cross.toolchain.components import list_components
from tf2exe.cross.toolchain.location import CrossToolchain

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, list[str]]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the toolchain is for Linux")

TESTS = Path(__file__).resolve().parents[1]
INI = f"""
[pytest]
addopts = --strict-markers --import-mode=importlib
pythonpath = {TESTS / "support"}
markers =
    long: for all
    windows(*runtimes): for all
"""
CONFTEST = 'pytest_plugins = ["skips", "windows_toolchain"]'
PROJECT = """
import pytest

@pytest.mark.windows
def test_default(): ...

@pytest.mark.windows("litert", "compare")
@pytest.mark.parametrize("number", range(2))
def test_compare(number): ...

@pytest.mark.windows("tensorflow")
@pytest.mark.long
def test_long(): ...

def test_of_linux(): ...
"""
EXPECTED = f"--expected-skips={TESTS / 'expected_skips.toml'}"
LONG = "takes long: TF2EXE_TESTS=long runs it"
REASON = "the toolchain for Windows lacks {}: run `tf2exe toolchain windows --runtime litert`"


@pytest.fixture
def toolchain(tmp_path: Path) -> CrossToolchain:
    """A toolchain whose state file lists every component; the folders are empty."""
    found = CrossToolchain(tmp_path / "toolchain")
    components = list_components(found, found.folder, "", lambda _line: None)
    for component in components:
        component.folder.mkdir(parents=True)
    state = {component.name: component.fingerprint for component in components}
    (found.folder / "state.json").write_text(json.dumps({"format": 1, "pieces": state}), encoding="utf-8")
    return found


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the tests of a small project; returns the exit code and the last lines, without the seconds."""
    files = {"pytest.ini": INI, "conftest.py": CONFTEST, "tests/test_a.py": PROJECT}
    zig = tmp_path / "bin" / "zig"
    zig.parent.mkdir()
    zig.touch(0o755)
    env = {
        "PATH": f"{zig.parent}{os.pathsep}{os.environ['PATH']}",
        "TF2EXE_TOOLCHAIN_DIR": str(tmp_path / "toolchain"),
    }

    def call(*options: str) -> tuple[int, list[str]]:
        done = run_pytest(tmp_path, files, "-q", *options, env=env)
        lines = done.stdout.splitlines()
        begin = next(number for number, line in enumerate(lines) if line.startswith("skipped: "))
        return done.returncode, [line.partition(" in ")[0] for line in lines[begin:]]

    return call


def test_a_complete_toolchain_skips_no_test(toolchain: CrossToolchain, run: Run) -> None:
    assert toolchain.folder.is_dir()
    assert run(EXPECTED) == (0, [f"skipped: 1 x {LONG}", "4 passed, 1 skipped"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_one_missing_component_is_one_line_with_the_remedy(
    toolchain: CrossToolchain, run: Run, workers: tuple[str, ...]
) -> None:
    toolchain.programs.rmdir()
    code, lines = run(*workers)
    assert code == 0
    assert lines[0] == f"skipped: 3 x {REASON.format('compiler')}; 1 x {LONG}"
    assert lines[1:] == ["1 passed, 4 skipped"]


def test_ci_fails_if_a_component_is_missing(toolchain: CrossToolchain, run: Run) -> None:
    """Tests that need different package groups have the same reason."""
    toolchain.packages("compare").rmdir()
    toolchain.prefix.rmdir()
    code, lines = run(EXPECTED)
    reason = REASON.format("compare, prefix")
    assert code == 1
    assert lines[0] == f"skipped: 3 x {reason}; 1 x {LONG}"
    names = ("test_default", "test_compare[0]", "test_compare[1]")
    assert lines[1:-1] == [f"unexpected skip: tests/test_a.py::{name}: {reason}" for name in names]


def test_a_missing_package_group_skips_only_the_tests_that_need_it(
    toolchain: CrossToolchain, run: Run
) -> None:
    toolchain.packages("compare").rmdir()
    assert run()[1] == [f"skipped: 2 x {REASON.format('compare')}; 1 x {LONG}", "2 passed, 3 skipped"]


def test_without_a_toolchain_every_component_is_named(run: Run) -> None:
    names = "rootfs, python, compare, litert, compiler, prefix, prewarm"
    assert set(run(EXPECTED)[1][0].split("lacks ")[1].split(":")[0].split(", ")) == set(names.split(", "))


@pytest.mark.parametrize(
    ("groups", "options"),
    [
        (("tensorflow",), " --runtime tensorflow"),
        (("litert", "compare"), " --runtime litert"),
        (("litert", "tensorflow"), " --runtime litert --runtime tensorflow"),
    ],
)
def test_the_command_prepares_only_the_runtimes_that_are_needed(
    groups: tuple[str, ...], options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF2EXE_TOOLCHAIN_DIR", str(tmp_path))
    monkeypatch.setattr(compilers, "find_zig", lambda: tmp_path / "zig")
    reason = windows_toolchain.explain_missing(frozenset(groups))
    assert reason.endswith(f": run `tf2exe toolchain windows{options}`")


def test_zig_is_a_reason_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilers, "find_zig", lambda: None)
    reason = windows_toolchain.explain_missing(frozenset(("litert",)))
    assert reason == "no Zig here, which compiles for Windows: pip install ziglang"
