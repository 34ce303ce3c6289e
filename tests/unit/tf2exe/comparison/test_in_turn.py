from __future__ import annotations

import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import psutil
import pytest

from tf2exe.application import Sample
from tf2exe.comparison import in_turn
from tf2exe.comparison.in_turn import run_in_turn
from tf2exe.comparison.running import Program, Start
from tf2exe.errors import SampleError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs cannot be stopped there")

COMPUTING = """\
import os, sys, time
marks = open(os.environ["TF2EXE_TIMINGS"], "a", buffering=1)
print(sys.stdin.read(), file=sys.stderr)
for number in range(int(sys.argv[1])):
    for step in range(10):
        time.sleep(0.005)
        print(time.perf_counter_ns(), file=open(sys.argv[2], "a"))
    print("predicted", time.perf_counter_ns(), 8, file=marks)
"""


@pytest.fixture(autouse=True)
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_turn, "SLICE", 0.15)


def program(text: str, *more: str) -> Program:
    return Program((sys.executable, "-c", text, *more), {"PATH": "/nowhere"}, (), ())


def empty(folder: Path) -> Sample:
    (folder / "stdin").write_text("hello")
    return Sample("empty", (), folder / "stdin", ())


def moments(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().splitlines()]


def test_one_computes_while_the_others_are_stopped(tmp_path: Path) -> None:
    logs = {name: tmp_path / name for name in "abc"}
    programs = {name: program(COMPUTING, "20", str(log)) for name, log in logs.items()}
    said: list[str] = []
    found = run_in_turn(programs, empty(tmp_path), tmp_path / "runs", said.append)
    assert said[:3] == ["a warms up", "b warms up", "c warms up"]
    for name in "abc":
        run = found[name]
        assert isinstance(run, Start)
        assert run.exit_code == 0
        # Its own time, 20 times 50 ms; what it slept while it was stopped is gained.
        assert run.seconds > 0.9
        assert run.rate is not None
        assert run.rate <= 8 / 0.045
        assert len(moments(logs[name])) == 200
    owners = [name for _, name in sorted((moment, name) for name in "abc" for moment in moments(logs[name]))]
    changes = sum(left != right for left, right in pairwise(owners))
    # Computing side by side they would change hundreds of times; in turn, a few for each slice.
    assert 6 <= changes <= 120


def test_stopped_time_is_not_counted(tmp_path: Path) -> None:
    programs = {name: program(COMPUTING, "12", str(tmp_path / name)) for name in "abcd"}
    begin = time.perf_counter()
    found = run_in_turn(programs, empty(tmp_path), tmp_path / "runs", lambda _: None)
    whole = time.perf_counter() - begin
    runs = [run for run in found.values() if isinstance(run, Start)]
    assert len(runs) == 4
    assert sum(run.seconds for run in runs) <= whole


def test_one_that_fails_does_not_hold_the_others(tmp_path: Path) -> None:
    programs = {
        "aborts": program("import os; os.abort()"),
        "absent": Program(("/nowhere/program",), {}, (), ()),
        "without marks": program("import sys; sys.exit(3)"),
        "right": program(COMPUTING, "5", str(tmp_path / "log")),
    }
    found = run_in_turn(programs, empty(tmp_path), tmp_path / "runs", lambda _: None)
    assert list(found) == list(programs)
    assert isinstance(found["aborts"], SampleError)
    assert "cannot measure" in str(found["absent"])
    unmarked, right = found["without marks"], found["right"]
    assert isinstance(unmarked, Start)
    assert (unmarked.exit_code, unmarked.rate) == (3, None)
    assert isinstance(right, Start)


def test_where_memory_is_short_they_follow_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_turn, "ROOM", 1.1)
    logs = {name: tmp_path / name for name in "ab"}
    programs = {name: program(COMPUTING, "5", str(log)) for name, log in logs.items()}
    found = run_in_turn(programs, empty(tmp_path), tmp_path / "runs", lambda _: None)
    assert all(isinstance(run, Start) for run in found.values())
    assert moments(logs["a"])[-1] < moments(logs["b"])[0]


def test_who_interrupts_leaves_no_program_behind(tmp_path: Path) -> None:
    def interrupt(text: str) -> None:
        if text == "b warms up":
            raise KeyboardInterrupt

    programs = {name: program(COMPUTING, "1000", str(tmp_path / name)) for name in "ab"}
    with pytest.raises(KeyboardInterrupt):
        run_in_turn(programs, empty(tmp_path), tmp_path / "runs", interrupt)
    assert not [child for child in psutil.Process().children(recursive=True) if "-c" in child.cmdline()]
