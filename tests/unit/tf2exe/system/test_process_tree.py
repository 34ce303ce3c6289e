"""No process of a contained program outlives it, and it cannot fill the machine with processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from threading import Thread

import psutil
import pytest

from tf2exe.errors import SampleError
from tf2exe.system import captured_process, process_tree
from tf2exe.system.cancellation import CancellationToken
from tf2exe.system.captured_process import CompletedProcess, run_captured
from tf2exe.system.process_tree import is_running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, and sessions of POSIX")

DAEMON = """\
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        if sys.argv[1] != "keeps streams":
            for stream in (0, 1, 2):
                os.close(stream)
        with open("daemon.new", "w") as file:
            file.write(str(os.getpid()))
        os.rename("daemon.new", "daemon")
        time.sleep(600)
    os._exit(0)
while not os.path.exists("daemon"):
    time.sleep(0.01)
print("said", flush=True)
if sys.argv[1] == "goes on":
    time.sleep(600)
"""


def run(
    folder: Path,
    code: str,
    *arguments: str,
    timeout: float | None = None,
    token: CancellationToken | None = None,
) -> CompletedProcess:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-S", "-c", code, *arguments]
    return run_captured(
        command,
        cwd=folder,
        env=os.environ,
        error=SampleError,
        contained=True,
        timeout=timeout,
        cancellation=token,
    )


def daemon_is_running(folder: Path) -> bool:
    """Whether the process whose number a program has written down runs."""
    try:
        return is_running(psutil.Process(int((folder / "daemon").read_text())))
    except psutil.NoSuchProcess:
        return False


@pytest.mark.promise("build", "No process of a sample outlives the sample, daemons included.")
def test_a_daemon_is_ended_with_the_program_that_left_it(tmp_path: Path) -> None:
    done = run(tmp_path, DAEMON, "ends")
    assert (done.exit_code, done.stdout) == (0, b"said\n")
    assert not daemon_is_running(tmp_path)


def test_a_daemon_that_keeps_the_streams_open_does_not_hold_up_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captured_process, "STREAM_TIMEOUT", 0.3)
    assert run(tmp_path, DAEMON, "keeps streams").stdout == b"said\n"
    assert not daemon_is_running(tmp_path)


def test_what_a_child_writes_after_the_program_has_ended_is_kept(tmp_path: Path) -> None:
    code = "import os, time\nif os.fork() == 0:\n  time.sleep(0.5)\n  os.write(1, b'late')\n"
    assert run(tmp_path, code).stdout == b"late"


@pytest.mark.promise("build", "No process of a sample outlives the sample, daemons included.")
def test_a_program_that_takes_too_long_ends_with_its_daemon(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="did not end"):
        run(tmp_path, DAEMON, "goes on", timeout=2.0)
    assert not daemon_is_running(tmp_path)


def test_a_token_ends_a_program_with_its_daemon(tmp_path: Path) -> None:
    token = CancellationToken()

    def cancel() -> None:
        wait_for(tmp_path / "daemon")
        token.cancel()

    thread = Thread(target=cancel)
    thread.start()
    with pytest.raises(SampleError, match="was ended: the command was interrupted"):
        run(tmp_path, DAEMON, "goes on", token=token)
    thread.join()
    assert not daemon_is_running(tmp_path)


@pytest.mark.promise("build", "No process of a sample outlives the sample, daemons included.")
def test_an_interruption_ends_a_program_with_its_daemon(tmp_path: Path) -> None:
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        wait_for(tmp_path / "daemon")
        signal.pthread_kill(main, signal.SIGINT)

    thread = Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, DAEMON, "goes on")
    thread.join()
    assert not daemon_is_running(tmp_path)


def test_the_end_of_one_program_ends_nothing_of_another(tmp_path: Path) -> None:
    token = CancellationToken()
    errors: list[SampleError] = []

    def go_on() -> None:
        try:
            run(tmp_path / "other", DAEMON, "goes on", token=token)
        except SampleError as error:
            errors.append(error)

    thread = Thread(target=go_on)
    thread.start()
    wait_for(tmp_path / "other" / "daemon")
    run(tmp_path / "one", DAEMON, "ends")
    assert daemon_is_running(tmp_path / "other")
    token.cancel()
    thread.join()
    assert len(errors) == 1
    assert not daemon_is_running(tmp_path / "other")


@pytest.mark.promise("build", "A sample that starts itself, or too many processes, is refused in one line.")
def test_too_many_processes_are_refused_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_tree, "MAX_PROCESSES", 20)
    code = "import os, time\nfor _ in range(19):\n  if os.fork() == 0:\n    break\n"
    code += "time.sleep(float(os.sys.argv[1]))"
    assert run(tmp_path, code, "1").exit_code == 0
    with pytest.raises(SampleError) as caught:
        run(tmp_path, code.replace("19", "20"), "600")
    assert str(caught.value).count("\n") == code.count("\n")  # the command's own
    assert caught.value.what.endswith("started more than 20 processes at a time")
    assert "sys.executable" in caught.value.why
    assert left(tmp_path) == []


def test_a_program_that_starts_itself_without_end_is_refused_and_ended(tmp_path: Path) -> None:
    program = tmp_path / "run.py"
    program.write_text(
        "import subprocess, sys, time\nnumber = int(sys.argv[1])\n"
        "if number < 20:\n  subprocess.run([sys.executable, '-S', sys.argv[0], str(number + 1)])\n"
        "else:\n  time.sleep(600)\n"
    )
    with pytest.raises(SampleError, match="started itself in a chain of more than 8 processes"):
        run(tmp_path, "import runpy, sys; sys.argv = ['run.py', '0']; runpy.run_path('run.py')")
    assert left(tmp_path) == []


def left(folder: Path) -> list[int]:
    """The processes that work in a folder."""
    found = []
    for running in psutil.process_iter():
        try:
            if Path(running.cwd()) == folder and is_running(running):
                found.append(running.pid)
        except psutil.Error:
            continue
    return found


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
