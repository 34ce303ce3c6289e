from __future__ import annotations

import os
import signal
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import CompileError, MachineError
from tf2exe.system.cancellation import CancellationToken
from tf2exe.system.process import TAIL_LINES, run_detached, run_logged, run_relayed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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
    assert said[0] == "exit code 3, the end of its output:"
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
def test_a_token_ends_all_that_was_started(tmp_path: Path) -> None:
    child = "import time, os; print(os.getpid(), flush=True); time.sleep(60)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    started: list[int] = []
    token = CancellationToken()

    def cancel(line: str) -> None:
        started.append(int(line))
        thread = Thread(target=token.cancel)
        thread.start()
        thread.join()

    with pytest.raises(CompileError, match="exit code -9"):
        run_logged(python(code), log=tmp_path / "log", cwd=tmp_path, on_line=cancel, cancellation=token)
    assert ends(started[0])
    token.cancel()  # nothing runs any more


def test_a_cancelled_token_lets_no_program_run(tmp_path: Path) -> None:
    token = CancellationToken()
    token.cancel()
    code = "import time; time.sleep(60); open('end', 'w')"
    with pytest.raises(CompileError):
        run_logged(python(code), log=tmp_path / "log", cwd=tmp_path, cancellation=token)
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


def relay(code: str, folder: Path, on_output: Callable[[str], None]) -> tuple[int, list[str]]:
    errors: list[str] = []
    exit_code = run_relayed(
        python(code),
        log=folder / "log",
        cwd=folder,
        env=os.environ,
        on_output=on_output,
        on_error=errors.append,
        error=MachineError,
    )
    return exit_code, errors


def test_a_relayed_program_s_lines_exit_code_and_log(tmp_path: Path) -> None:
    output: list[str] = []
    code = "import sys; print('one '); print(); sys.stderr.write('two\\r\\nthree\\n'); sys.exit(5)"
    assert relay(code, tmp_path, output.append) == (5, ["two", "three"])
    assert output == ["one ", ""]
    text = (tmp_path / "log").read_text()
    assert text.startswith(f"\n$ {sys.executable} -c ")
    assert text.endswith("\ntwo\nthree\nexit code 5\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_relayed_program_that_a_signal_ends_is_an_error(tmp_path: Path) -> None:
    code = "import os, sys; print('last', file=sys.stderr, flush=True); os.abort()"
    with pytest.raises(MachineError, match="failed: exit code -6, the end of its output:\n  last"):
        relay(code, tmp_path, lambda _line: None)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_an_interruption_ends_a_relayed_program(tmp_path: Path) -> None:
    child = "import time, os; print(os.getpid(), flush=True); time.sleep(60)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    started: list[int] = []

    def interrupt(line: str) -> None:
        started.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        relay(code, tmp_path, interrupt)
    assert not running(started[0])


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
def test_what_a_detached_program_leaves_running_goes_on(tmp_path: Path) -> None:
    command = ["sh", "-c", "sleep 600 & echo $!; exit 3"]
    log = tmp_path / "log"
    assert run_detached(command, log=log, cwd=tmp_path, env=os.environ, error=MachineError) == 3
    lines = log.read_text().splitlines()
    assert lines[1].startswith("$ sh -c ")
    assert lines[3] == "exit code 3"
    assert running(int(lines[2]))
    os.kill(int(lines[2]), signal.SIGKILL)
