from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import psutil
import pytest

from tf2exe.comparison import round_robin
from tf2exe.comparison.round_robin import run_round_robin
from tf2exe.comparison.startup import Program, RunFigures
from tf2exe.config.application import Sample
from tf2exe.errors import SampleError
from tf2exe.system import process_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.comparison.round_robin import _PausedProgram

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs cannot be paused there")

COMPUTING = """\
import os, sys, time
marks = open(os.environ["TF2EXE_TIMINGS"], "a", buffering=1)
print(sys.stdin.read(), file=sys.stderr)
log, most = sys.argv[1], int(sys.argv[2])
for number in range(most):
    time.sleep(0.01)
    print(time.perf_counter_ns(), file=open(log, "a"))
    print("predicted", time.perf_counter_ns(), 8, file=marks)
    if os.path.exists(os.path.join(os.path.dirname(log), "finish")):
        break
"""
"""Computes a number of times, or until there is a file `finish` next to its log."""

ENDLESS = "1000000"
FINISH = "finish"


@pytest.fixture(autouse=True)
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_robin, "SLICE", 0.05)


def program(text: str, *more: str) -> Program:
    return Program((sys.executable, "-c", text, *more), {"PATH": "/nowhere"}, (), ())


def empty(folder: Path) -> Sample:
    (folder / "stdin").write_text("hello")
    return Sample("empty", (), folder / "stdin", ())


def moments(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().splitlines()]


def processes_with(argument: Path) -> list[psutil.Process]:
    """Running processes with this argument."""
    found = psutil.process_iter(["cmdline", "status"])
    return [process for process in found if str(argument) in (process.info["cmdline"] or ())]


def wait_until(condition: Callable[[], bool]) -> bool:
    """Waits for a condition, for up to a minute; returns whether it is met."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def is_stopped(log: Path) -> bool:
    """Whether the program and its probe are stopped."""
    processes = processes_with(log)
    return bool(processes) and {process.status() for process in processes} == {psutil.STATUS_STOPPED}


@pytest.fixture
def slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the slices. Before each, all other programs must be stopped; after seven they finish."""
    seen: list[str] = []
    alternate = round_robin._alternate  # noqa: SLF001 - each slice is watched

    def watched(
        compute: Callable[[float], None], turn: _PausedProgram, group: list[_PausedProgram], seconds: float
    ) -> None:
        others = [other for other in group if other is not turn and not other.program.ended]
        for other in others:
            assert wait_until(partial(is_stopped, tmp_path / other.key)), other.key
        seen.append(turn.key)
        if len(seen) == 7:
            (tmp_path / FINISH).touch()
        compute(seconds)

    def watching(group: list[_PausedProgram], say: Callable[[str], None]) -> None:
        for turn in group:
            monkeypatch.setattr(turn, "compute", partial(watched, turn.compute, turn, list(group)))
        alternate(group, say)

    monkeypatch.setattr(round_robin, "_alternate", watching)
    return seen


def test_one_program_runs_while_the_others_are_stopped(tmp_path: Path, slices: list[str]) -> None:
    programs = {name: program(COMPUTING, str(tmp_path / name), ENDLESS) for name in "abc"}
    lines: list[str] = []
    found = run_round_robin(programs, empty(tmp_path), tmp_path / "runs", lines.append)
    assert lines[:3] == ["a warms up", "b warms up", "c warms up"]
    assert slices[:7] == list("abcbcac")
    for name in "abc":
        run = found[name]
        assert isinstance(run, RunFigures)
        assert run.exit_code == 0
        assert run.rate is not None


def test_stopped_time_is_not_counted(tmp_path: Path, slices: list[str]) -> None:
    programs = {name: program(COMPUTING, str(tmp_path / name), ENDLESS) for name in "abcd"}
    begin = time.perf_counter()
    found = run_round_robin(programs, empty(tmp_path), tmp_path / "runs", lambda _: None)
    whole = time.perf_counter() - begin
    runs = [run for run in found.values() if isinstance(run, RunFigures)]
    assert len(runs) == 4
    assert sum(run.seconds for run in runs) <= whole
    assert len(slices) >= 7  # in which three of four are stopped


def test_a_failed_program_does_not_affect_the_others(tmp_path: Path) -> None:
    programs = {
        "aborts": program("import os; os.abort()"),
        "absent": Program(("/nowhere/program",), {}, (), ()),
        "without marks": program("import sys; sys.exit(3)"),
        "right": program(COMPUTING, str(tmp_path / "log"), "5"),
    }
    found = run_round_robin(programs, empty(tmp_path), tmp_path / "runs", lambda _: None)
    assert list(found) == list(programs)
    assert isinstance(found["aborts"], SampleError)
    assert "cannot measure" in str(found["absent"])
    unmarked, right = found["without marks"], found["right"]
    assert isinstance(unmarked, RunFigures)
    assert (unmarked.exit_code, unmarked.rate) == (3, None)
    assert isinstance(right, RunFigures)


def test_a_program_with_too_many_processes_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_tree, "MAX_PROCESSES", 5)
    many = "import os, sys, time\nfor _ in range(5):\n  if os.fork() == 0:\n    break\ntime.sleep(600)"
    programs = {
        "many": program(many, str(tmp_path / "many")),
        "right": program(COMPUTING, str(tmp_path / "log"), "5"),
    }
    found = run_round_robin(programs, empty(tmp_path), tmp_path / "runs", lambda _: None)
    assert "started more than 5 processes at a time" in str(found["many"])
    assert isinstance(found["right"], RunFigures)
    assert not processes_with(tmp_path / "many")


def test_programs_run_in_sequence_if_memory_is_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_robin, "FREE_MEMORY", 1.1)
    logs = {name: tmp_path / name for name in "ab"}
    programs = {name: program(COMPUTING, str(log), "5") for name, log in logs.items()}
    found = run_round_robin(programs, empty(tmp_path), tmp_path / "runs", lambda _: None)
    assert all(isinstance(run, RunFigures) for run in found.values())
    assert moments(logs["a"])[-1] < moments(logs["b"])[0]


def test_an_interrupt_leaves_no_program_running(tmp_path: Path) -> None:
    def interrupt(text: str) -> None:
        if text == "b warms up":
            raise KeyboardInterrupt

    programs = {name: program(COMPUTING, str(tmp_path / name), ENDLESS) for name in "ab"}
    with pytest.raises(KeyboardInterrupt):
        run_round_robin(programs, empty(tmp_path), tmp_path / "runs", interrupt)
    assert moments(tmp_path / "a")
    assert wait_until(lambda: not processes_with(tmp_path / "a"))
