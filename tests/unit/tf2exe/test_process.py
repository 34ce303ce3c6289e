from __future__ import annotations

import os
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import CompileError, MachineError, Tf2exeError
from tf2exe.process import TAIL_LINES, Switch, capture, run_logged

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.process import Stream


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_success_is_logged_and_its_lines_are_passed_on(tmp_path: Path) -> None:
    log, lines = tmp_path / "log", list[str]()
    log.write_text("before\n")
    code = "import sys; print('one'); print(); sys.stdout.flush(); sys.stderr.write('two\\n')"
    run_logged(python(code), log=log, cwd=tmp_path, on_line=lines.append)
    assert lines == ["one", "two"]
    text = log.read_text()
    assert text.startswith("before\n")
    assert f"$ {sys.executable} -c " in text
    assert text.endswith("one\n\ntwo\n")


def test_a_failure_shows_the_tail_and_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import sys\nfor n in range(40): print('line', n)\nsys.exit(3)"
    with pytest.raises(CompileError) as caught:
        run_logged(python(code), log=log, cwd=tmp_path, remedy="do this")
    error = caught.value
    assert error.what == f"{os.path.basename(sys.executable)} failed"  # noqa: PTH119 - a name
    said = error.why.splitlines()
    assert said[0] == "exit code 3, its last words were"
    assert [line.strip() for line in said[1:]] == [f"line {n}" for n in range(40 - TAIL_LINES, 40)]
    assert (error.remedy, error.log) == ("do this", log)
    assert "line 0\n" in log.read_text()
    assert log.read_text().endswith("exit code 3\n")


def test_the_kind_of_error_is_the_caller_s(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="failed"):
        run_logged(python("exit(1)"), log=tmp_path / "log", cwd=tmp_path, error=MachineError)
    with pytest.raises(MachineError, match="cannot run"):
        run_logged([str(tmp_path / "none")], log=tmp_path / "log", cwd=tmp_path, error=MachineError)


def test_bytes_that_are_no_text_do_not_stop_it(tmp_path: Path) -> None:
    lines: list[str] = []
    code = "import os; os.write(1, b'a\\xff\\n')"
    run_logged(python(code), log=tmp_path / "log", cwd=tmp_path, on_line=lines.append)
    assert lines == ["a\N{REPLACEMENT CHARACTER}"]


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_an_interruption_ends_all_that_was_started(tmp_path: Path) -> None:
    child = "import time, os; print(os.getpid(), flush=True); time.sleep(60)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    started: list[int] = []

    def interrupt(line: str) -> None:
        started.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_logged(python(code), log=tmp_path / "log", cwd=tmp_path, on_line=interrupt)
    assert ends(started[0])


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_a_switch_ends_all_that_was_started(tmp_path: Path) -> None:
    child = "import time, os; print(os.getpid(), flush=True); time.sleep(60)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    started: list[int] = []
    switch = Switch()

    def turn_off(line: str) -> None:
        started.append(int(line))
        thread = Thread(target=switch.turn_off)
        thread.start()
        thread.join()

    with pytest.raises(CompileError, match="exit code -9"):
        run_logged(python(code), log=tmp_path / "log", cwd=tmp_path, on_line=turn_off, switch=switch)
    assert ends(started[0])
    switch.turn_off()  # nothing runs any more


def test_a_switch_that_is_off_lets_nothing_run(tmp_path: Path) -> None:
    switch = Switch()
    switch.turn_off()
    code = "import time; time.sleep(60); open('end', 'w')"
    with pytest.raises(CompileError):
        run_logged(python(code), log=tmp_path / "log", cwd=tmp_path, switch=switch)
    assert not (tmp_path / "end").exists()


def ends(process: int) -> bool:
    """Whether it ends; it sleeps for a minute unless it is killed."""
    deadline = time.monotonic() + 30
    while running(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not running(process)


def running(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as stat:  # noqa: PTH123 - no path of a file
            return stat.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def test_capture_keeps_the_streams_apart(tmp_path: Path) -> None:
    code = "import sys, os; print(sys.stdin.read(), os.getcwd()); sys.stderr.write('e'); sys.exit(5)"
    done = capture(python(code), cwd=tmp_path, env=dict(os.environ), stdin=b"in")
    assert done.stdout.split() == [b"in", str(tmp_path).encode()]
    assert (done.stderr, done.exit_code) == (b"e", 5)
    assert done.command == tuple(python(code))
    assert done.seconds > 0


def test_capture_gives_the_signal(tmp_path: Path) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert capture(python(code), cwd=tmp_path, env=dict(os.environ)).exit_code != 0


def test_capture_gives_up(tmp_path: Path) -> None:
    with pytest.raises(Tf2exeError, match="did not end"):
        capture(python("import time; time.sleep(60)"), cwd=tmp_path, env=dict(os.environ), timeout=0.2)


@pytest.mark.skipif(sys.platform == "win32", reason="streams of POSIX")
@pytest.mark.parametrize(
    ("stream", "said"),
    [("closed", "None"), ("gone", "BrokenPipeError"), ("full", "OSError"), ("kept", "fine")],
)
def test_capture_with_streams_that_take_nothing(tmp_path: Path, stream: Stream, said: str) -> None:
    code = (
        "import sys\ntry:\n  print('x', flush=True)\n"
        "except OSError as e:\n  sys.stderr.write(type(e).__name__)\n  sys.stdout = None\n"
        "else:\n  sys.stderr.write('None' if sys.stdout is None else 'fine')\n"
    )
    done = capture([sys.executable, "-c", code], cwd=tmp_path, env={}, stdout=stream)
    assert (done.stdout, done.stderr.decode()) == (b"x\n" if stream == "kept" else b"", said)
