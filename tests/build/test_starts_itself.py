"""A program that starts itself endlessly is stopped, as an executable and during its build."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import SampleError
from tf2exe.system import process_tree
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from pathlib import Path

    from executables import Builder, Executable, ProgramResult

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="exec, and fork")

TOO_MANY_GENERATIONS = 121
LINE = b"tf2exe: the program started itself more than 16 times in a chain: "


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("standalone", marks=pytest.mark.makes("starts_itself standalone", seconds=20)),
        pytest.param("onefile", marks=pytest.mark.makes("starts_itself onefile", seconds=25)),
    ],
)
def starts_itself(request: pytest.FixtureRequest, builder: Builder) -> Executable:
    return builder.program("starts_itself", "--sample", "pool spawn", mode=request.param)


def variable(built: Executable) -> str:
    """The variable that counts this executable's generations; its name has the FNV-1a hash of the path."""
    value = 2166136261
    for character in os.path.realpath(built.program):
        value = (value ^ ord(character)) * 16777619 & 0xFFFFFFFF
    return f"TF2EXE_GENERATION_{value:08X}"


def run_as(value: str, built: Executable, *arguments: str) -> ProgramResult:
    """Runs with a value of the variable that counts the generations."""
    return built.run(*arguments, **{variable(built): value})  # type: ignore[arg-type]


@pytest.mark.promise(
    "build", "An executable that starts itself in a chain ends at the 17th process, code 121."
)
def test_seventeenth_process_of_a_chain_ends_with_one_line(starts_itself: Executable) -> None:
    done = starts_itself.run("chain", "0")
    assert done.stdout.split() == [str(depth).encode() for depth in range(1, 17)]
    assert done.exit_code == TOO_MANY_GENERATIONS
    assert done.stderr.startswith(LINE)
    assert done.stderr.count(b"\n") == 1
    assert variable(starts_itself).encode() in done.stderr


@pytest.mark.promise("build", "Processes of `multiprocessing` and restarts by `exec` are not counted.")
def test_restarts_by_exec_are_not_counted(starts_itself: Executable) -> None:
    done = starts_itself.run("exec", "40")
    assert (done.exit_code, done.stdout, done.stderr) == (0, b"done\n", b"")


@pytest.mark.parametrize("value", ["16", "16:1", "9999:1"])
def test_generation_at_the_limit_ends(starts_itself: Executable, value: str) -> None:
    done = run_as(value, starts_itself, "exec", "0")
    assert (done.exit_code, done.stdout) == (TOO_MANY_GENERATIONS, b"")


@pytest.mark.parametrize("value", ["15:1", "0", "", "many", "-20", "17 ", "17:", "17:x", "17:-1", "9" * 40])
def test_generation_below_the_limit_or_invalid_runs(starts_itself: Executable, value: str) -> None:
    done = run_as(value, starts_itself, "exec", "0")
    assert (done.exit_code, done.stdout) == (0, b"done\n")


def test_each_executable_is_counted_separately(starts_itself: Executable) -> None:
    done = starts_itself.run("exec", "0", TF2EXE_GENERATION_00000000="16:1", TF2EXE_GENERATION="16:1")
    assert (done.exit_code, done.stdout) == (0, b"done\n")


@pytest.mark.promise("build", "Processes of `multiprocessing` and restarts by `exec` are not counted.")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_are_not_counted(starts_itself: Executable, method: str) -> None:
    done = run_as("15:1", starts_itself, "pool", method)
    assert (done.exit_code, done.stdout, done.stderr) == (0, b"[0, 1, 4, 9, 16, 25]\n", b"")


@pytest.mark.promise("build", "A sample that starts itself, or too many processes, is refused in one line.")
def test_process_tree_that_is_too_large_is_ended(
    builder: Builder, starts_itself: Executable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole tree has 121 processes, so the test is harmless if the limit does not work."""
    monkeypatch.setattr(process_tree, "MAX_PROCESSES", 64)
    command = [str(starts_itself.program), "tree", "4"]
    env = {"HOME": str(starts_itself.home)}
    with pytest.raises(SampleError, match="started more than 64 processes at a time"):
        run_captured(command, cwd=tmp_path, env=env, error=SampleError, contained=True, timeout=100)
    assert not builder.processes_in(tmp_path)


@pytest.mark.promise("build", "A sample that starts itself, or too many processes, is refused in one line.")
def test_sample_that_starts_itself_endlessly_is_refused(builder: Builder, tmp_path: Path) -> None:
    source = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(1)'])\n"
    (tmp_path / "app.py").write_text(source, encoding="utf-8")
    command = ["build", "app.py", "--mode", "standalone", "--sample", "", *builder.folder_options(tmp_path)]
    answer = builder.tf2exe(*command, cwd=tmp_path)
    assert answer.exit_code == 4, answer.stderr.decode()
    lines = [line for line in answer.stderr.decode().splitlines() if line.startswith("tf2exe: ")]
    assert len(lines) == 1
    assert (
        "started itself in a chain of more than 8 processes: inside an executable sys.executable" in lines[0]
    )
    assert not (tmp_path / "dist").exists()
    assert not builder.processes_in(tmp_path)
