from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.comparison import cold_cache
from tf2exe.comparison.comparison_json import Effort
from tf2exe.comparison.measure import Bench, Load
from tf2exe.comparison.startup import Program, measure_run
from tf2exe.config.application import Sample
from tf2exe.errors import SampleError

if TYPE_CHECKING:
    from pathlib import Path

MARKING = """\
import os, sys, time
begin = time.perf_counter_ns()
data = bytearray(60_000_000)
open("result.txt", "wb").write(bytes(1_000_000))
marks = open(os.environ["TF2EXE_TIMINGS"], "a")
for number, name in enumerate(["started", "imported", "loaded"] + ["predicted"] * 5):
    time.sleep(0.02)
    print(name, time.perf_counter_ns(), 8 if name == "predicted" else 1, file=marks)
print(open(sys.argv[1]).read())
"""

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only the kernel of Linux counts them"
)


def program(text: str, *caches: Path) -> Program:
    return Program((sys.executable, "-c", text), {"PATH": "/nowhere"}, caches, ())


def sample(folder: Path) -> Sample:
    (folder / "input.txt").write_text("hello")
    return Sample("one", ("input.txt",), None, ((folder / "input.txt", "input.txt"),))


def test_phases_and_rate(tmp_path: Path) -> None:
    run = measure_run(program(MARKING), sample(tmp_path), tmp_path / "run")
    assert list(run.phases) == ["launcher", "imports", "model", "prediction"]
    assert all(0.015 < run.phases[phase] < 60 for phase in ("imports", "model", "prediction"))
    assert run.seconds > run.to_prediction == pytest.approx(sum(run.phases.values()))
    assert run.rate is not None
    assert 0 < run.rate <= 8 / 0.02


@pytest.mark.promise("comparison", "Memory and written bytes are the program's and its children's alone.")
@linux
def test_memory_and_written_bytes_of_the_program(tmp_path: Path) -> None:
    big = bytearray(300_000_000)
    run = measure_run(program(MARKING), sample(tmp_path), tmp_path / "run")
    assert len(big) == 300_000_000
    assert run.memory is not None
    assert 60_000_000 < run.memory < 150_000_000
    assert run.written is not None
    assert 1_000_000 <= run.written < 1_100_000


@pytest.mark.promise("comparison", "Memory and written bytes are the program's and its children's alone.")
@linux
def test_bytes_written_by_a_child_are_counted(tmp_path: Path) -> None:
    child = "open('more', 'wb').write(bytes(3_000_000))"
    text = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    run = measure_run(program(text), sample(tmp_path), tmp_path / "run")
    assert run.written is not None
    assert run.written >= 3_000_000


def test_a_program_without_marks(tmp_path: Path) -> None:
    run = measure_run(program("import sys; sys.exit(3)"), sample(tmp_path), tmp_path / "run")
    assert run.phases == {}
    assert run.rate is None
    assert run.to_prediction == run.seconds


def test_a_program_that_crashes_or_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="failed"):
        measure_run(program("import os; os.abort()"), sample(tmp_path), tmp_path / "run")
    with pytest.raises(SampleError, match="cannot measure"):
        measure_run(Program(("/nowhere/program",), {}, (), ()), sample(tmp_path), tmp_path / "run")


def test_programs_run_round_robin_and_failed_ones_are_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log"
    programs = {
        name: program(f"open({str(log)!r}, 'a').write('{name}')", tmp_path / f"cache-{name}") for name in "ab"
    }
    programs["broken"] = program("import os; os.abort()")
    programs["other"] = program("import sys; sys.exit(2)")
    lines: list[str] = []
    bench = Bench(programs, sample(tmp_path), tmp_path / "runs", lines.append)
    bench.measure([Load("busy", sample(tmp_path))], Effort(cold=1, warm=2, loads=1))
    assert log.read_text() == "ab" * 2 + "abba" + "ab"
    assert bench.found["other"].problem == "exit code 2 for 'one', others 0"
    assert "failed" in bench.found["broken"].problem
    assert len(bench.found["a"].warm) == 2
    assert len(bench.found["b"].loads["busy"]) == 1
    assert any("warm start, round 2 of 2" in line for line in lines)


def test_a_cold_start_finds_empty_caches(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / "old").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"x" * 100)
    own = Program(("x",), {}, (cache,), (tmp_path,))
    cold_cache.set_caches_aside(own)
    assert list(cache.iterdir()) == []
    assert cold_cache.drop_page_cache(own, machine=False) in (cold_cache.OWN, cold_cache.NONE)


def test_caches_set_aside_are_deleted_in_the_end(tmp_path: Path) -> None:
    cache, beside = tmp_path / "cache", tmp_path / "cached"
    beside.mkdir()
    own = Program(("x",), {}, (cache,), ())
    for name in ("one", "two", "three"):
        cold_cache.set_caches_aside(own)
        (cache / name).mkdir()
    assert len(list(tmp_path.rglob("one"))) == len(list(tmp_path.rglob("two"))) == 1
    cold_cache.delete_set_aside(own)
    assert sorted(tmp_path.rglob("*")) == [cache, cache / "three", beside]
