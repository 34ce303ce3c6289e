"""The launcher is killed, is suspended or gets an error at each of its system calls.

The calls are those that `launcher_faults.c` wraps. Each start gives the right output, or one line and a
documented code. The next start gives the right output and leaves no temporary files.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from launcher_bench import Bench, Finished

pytestmark = pytest.mark.build  # half a minute

LAUNCHERS_CODES = {113, 114, 115, 116, 117}
ONE_LINE = re.compile(r"probe: [^\n]+; [^\n]+\n")
ERRORS = (errno.ENOSPC, errno.EACCES, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENOENT)

Scene = tuple[Path, Path]
"""The program that is started and its cache folder."""


def first_start(bench: Bench, cache: Path) -> Scene:
    return bench.small, cache


def later_start(bench: Bench, cache: Path) -> Scene:
    bench.run(bench.small, cache=cache)
    return bench.small, cache


def damaged_folder(bench: Bench, cache: Path) -> Scene:
    bench.run(bench.small, cache=cache)
    (bench.unpacked(cache) / "lib" / "word.txt").write_text("evil")
    return bench.small, cache


def old_versions(bench: Bench, cache: Path) -> Scene:
    """Four versions, two of which are deleted, and a leftover of a killed process."""
    for number in range(4):
        (cache / "probe").mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = cache / "probe" / (f"{number}" * 32)
        (folder / "lib").mkdir(parents=True)
        (folder / "lib" / "x.txt").write_text("x")
        lock = folder.with_suffix(".lock")
        lock.touch()
        os.utime(lock, (time.time() - 1000 * (number + 1),) * 2)
    cache.chmod(0o700)
    shutil.copytree(folder, folder.with_suffix(".removed.x"))
    return bench.small, cache


SCENES: dict[str, Callable[[Bench, Path], Scene]] = {
    "first start": first_start,
    "later start": later_start,
    "damaged folder": damaged_folder,
    "old versions": old_versions,
}


class Injector:
    def __init__(self, bench: Bench, folder: Path, scene: Callable[[Bench, Path], Scene]) -> None:
        self.bench, self.folder, self.scene = bench, folder, scene

    def prepare(self, name: str) -> Scene:
        return self.scene(self.bench, self.folder / name / "cache")

    def count_calls(self) -> int:
        return self.bench.calls(*self.prepare("counting"))

    def inject(self, at: int, fault: str, variables: dict[str, str] | None = None) -> tuple[Finished, Path]:
        program, cache = self.prepare(f"{fault}-{at}")
        env = {**self.bench.fault(at, fault), **(variables or {})}
        return self.bench.run(program, cache=cache, env=env), cache

    def assert_next_start_works(self, cache: Path) -> None:
        answer = self.bench.run(self.bench.small, cache=cache)
        assert answer.out.startswith("word "), answer
        assert answer.err == ""
        assert self.bench.leftovers(cache) == []
        shutil.rmtree(cache)


@pytest.fixture(params=SCENES)
def injector(request: pytest.FixtureRequest, bench: Bench, tmp_path: Path) -> Injector:
    return Injector(bench, tmp_path, SCENES[request.param])


@pytest.mark.promise("onefile", "A start that is killed at any system call is repaired by the next one.")
def test_start_killed_at_every_call(injector: Injector) -> None:
    def kill(at: int) -> None:
        answer, cache = injector.inject(at, "KILL")
        assert answer.code == -signal.SIGKILL
        injector.assert_next_start_works(cache)

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(kill, range(1, injector.count_calls() + 1)))) > 30


@pytest.mark.promise("onefile", "Any failing system call ends in the right output or a documented code.")
def test_start_with_an_error_at_every_call(injector: Injector) -> None:
    """A warm start with an error may unpack again; a failing start always prints a line."""
    faults = [(at, error) for at in range(1, injector.count_calls() + 1) for error in ERRORS]

    def fail(fault: tuple[int, int]) -> int:
        answer, cache = injector.inject(fault[0], str(fault[1]))
        if answer.code == 0:
            assert answer.out.startswith("word "), (fault, answer)
            assert answer.err == "", (fault, answer)
        else:
            assert answer.code in LAUNCHERS_CODES, (fault, answer)
            assert ONE_LINE.fullmatch(answer.err), (fault, answer)
            assert answer.out == ""
        if fault[1] != errno.ENOENT:  # else the launcher believes that an existing file is deleted
            injector.assert_next_start_works(cache)
        return answer.code

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(fail, faults))
    assert len(codes) > 100
    assert 0 < codes.count(0) < len(codes)  # some calls may fail, others end the start


@pytest.mark.promise("onefile", "A suspended start blocks no other start.")
def test_start_suspended_at_every_call(injector: Injector) -> None:
    """Another start waits for a limited time; the suspended one succeeds when it is continued."""
    bench, count = injector.bench, injector.count_calls()
    scenes = [injector.prepare(f"suspended-{at}") for at in range(1, count + 1)]
    with ExitStack() as stack, ThreadPoolExecutor(count) as pool:
        suspended = []
        for at, (program, cache) in enumerate(scenes, 1):
            process = bench.start(program, cache=cache, **bench.fault(at, "STOP"))
            stack.enter_context(process)
            stack.callback(process.kill)
            suspended.append(process)
        for process in suspended:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        answers = list(pool.map(lambda scene: bench.run(bench.impatient, cache=scene[1]), scenes))
        assert all(answer.out.startswith("word ") for answer in answers)
        assert all(answer.err == "" for answer in answers)
        for process, (_, cache) in zip(suspended, scenes, strict=True):
            process.send_signal(signal.SIGCONT)
            out, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (0, b"")
            assert out.startswith(b"word ")
            injector.assert_next_start_works(cache)


@pytest.mark.promise("onefile", "`TF2EXE_CLEAR_CACHE=1` may be killed at any system call.")
@pytest.mark.parametrize("moment", ["first start", "old versions"])
def test_clearing_killed_at_every_call(bench: Bench, tmp_path: Path, moment: str) -> None:
    def prepare(bench: Bench, cache: Path) -> Scene:
        program, cache = SCENES[moment](bench, cache)
        bench.run(program, cache=cache)
        return program, cache

    injector = Injector(bench, tmp_path, prepare)
    clear = {"TF2EXE_CLEAR_CACHE": "1"}

    def kill(at: int) -> int:
        answer, cache = injector.inject(at, "KILL", clear)
        injector.assert_next_start_works(cache)
        return answer.code

    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(kill, range(1, 200)))
    assert codes.count(-signal.SIGKILL) > 20
    assert codes[-1] == 0


@pytest.mark.promise("onefile", "A suspended start blocks no other start.")
def test_clearing_reports_a_suspended_start(bench: Bench, cache: Path) -> None:
    with bench.stopped_while_unpacking(cache) as process:
        answer = bench.run(bench.impatient, cache=cache, env={"TF2EXE_CLEAR_CACHE": "1"})
        assert answer.code == 1
        assert ONE_LINE.fullmatch(answer.err)
        assert "another process that unpacks does not continue" in answer.err
        process.send_signal(signal.SIGCONT)
        assert process.wait(timeout=60) == 0


def test_clearing_deletes_leftovers_of_a_killed_start(bench: Bench, cache: Path) -> None:
    with bench.stopped_while_unpacking(cache) as process:
        process.kill()
    bench.run(bench.small, cache=cache, env={"TF2EXE_CLEAR_CACHE": "1"})
    assert not list(cache.iterdir())


def test_start_in_a_terminal_reports_that_it_waits(bench: Bench, cache: Path) -> None:
    script = shutil.which("script")
    if script is None:
        pytest.skip("no `script`, which makes terminals")
    with bench.stopped_while_unpacking(cache):
        answer = bench.run(script, "-qec", str(bench.impatient), "/dev/null", cache=cache)
    assert "probe: waiting for another process that unpacks the program ..." in answer.out
    assert "word " in answer.out
