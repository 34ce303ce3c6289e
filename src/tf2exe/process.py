"""The one door through which tf2exe runs other programs; stoppable.py has those that it stops for a while."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from tf2exe.errors import CompileError, Tf2exeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

TAIL_LINES = 15

Stream = Literal["kept", "closed", "gone", "full"]
"""What becomes of a stream: it is kept; closed; a pipe whose reader has gone; a device that is full."""


@dataclass(frozen=True)
class Finished:
    """A program that has ended.

    Attributes:
        command: what was run.
        exit_code: what it returned; negative is the signal that ended it.
        stdout: all that it wrote, as bytes.
        stderr: likewise.
        seconds: wall-clock time.
    """

    command: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    seconds: float


def capture(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes = b"",
    stdout: Stream = "kept",
    stderr: Stream = "kept",
    timeout: float | None = None,
    error: type[Tf2exeError] = Tf2exeError,
) -> Finished:
    """Runs a program to its end and keeps both of its streams apart; empty are those that are not kept.

    Raises:
        Tf2exeError: of the given type: it cannot be started, or did not end within ``timeout`` seconds.
    """
    begin = time.monotonic()
    try:
        with _opened(stdout) as out, _opened(stderr) as err:
            done = subprocess.run(
                [*_closing(stdout, stderr), *command],
                cwd=cwd,
                env=dict(env),
                input=stdin,
                stdout=out,
                stderr=err,
                timeout=timeout,
                check=False,
            )
    except OSError as problem:
        raise error(
            f"cannot run {command[0]}", str(problem), "check that the file can be executed"
        ) from problem
    except subprocess.TimeoutExpired as problem:
        raise error(
            f"{shlex.join(command)} did not end",
            f"it ran for {timeout:.0f} s",
            "give it an input that it ends on",
        ) from problem
    seconds = time.monotonic() - begin
    return Finished(tuple(command), done.returncode, done.stdout or b"", done.stderr or b"", seconds)


@contextmanager
def _opened(stream: Stream) -> Iterator[int]:
    """What a program gets as a stream."""
    if stream in {"kept", "closed"}:
        yield subprocess.PIPE
        return
    if stream == "gone":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open("/dev/full", os.O_WRONLY)
    try:
        yield writer
    finally:
        os.close(writer)


def _closing(stdout: Stream, stderr: Stream) -> list[str]:
    """The beginning of a command whose program finds streams closed."""
    closed = (">&-" if stdout == "closed" else "") + (" 2>&-" if stderr == "closed" else "")
    return ["/bin/sh", "-c", f'exec "$0" "$@" {closed}'] if closed else []


class Switch:
    """Ends a program that `run_logged` runs in another thread."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._is_off = False
        self._running: list[subprocess.Popen[str]] = []

    @contextmanager
    def over(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Until the context ends, the program ends when the switch is turned off, or at once if it is."""
        with self._guard:
            self._running.append(process)
            if self._is_off:
                end_group(process)
        try:
            yield
        finally:
            with self._guard:
                self._running.remove(process)

    def turn_off(self) -> None:
        """Ends what runs, and what begins later."""
        with self._guard:
            self._is_off = True
            for process in self._running:
                end_group(process)


def run_logged(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
    error: type[Tf2exeError] = CompileError,
    remedy: str = "see the log",
    switch: Switch | None = None,
) -> None:
    """Runs a program, appends the command and everything that it says to ``log``, and passes each line on.

    A switch that is turned off ends it, which counts as a failure.

    Raises:
        Tf2exeError: of the given type, with the tail of what the program said, when it fails.
    """
    tail: list[str] = []
    with log.open("a", buffering=1, encoding="utf-8") as out:  # so that it can be followed
        out.write(f"\n$ {shlex.join(command)}\n")
        with _start(command, cwd, env, error) as process, (switch or Switch()).over(process):
            try:
                for line in process.stdout or ():
                    out.write(line)
                    text = line.rstrip()
                    if text:
                        tail = [*tail[-TAIL_LINES + 1 :], text]
                        on_line(text)
            except BaseException:
                end_group(process)
                raise
        if process.returncode:
            out.write(f"exit code {process.returncode}\n")
            reason = "\n  ".join([f"exit code {process.returncode}, its last words were", *tail])
            raise error(f"{os.path.basename(command[0])} failed", reason, remedy, log)  # noqa: PTH119 - a name


def _start(
    command: Sequence[str], cwd: Path, env: Mapping[str, str] | None, error: type[Tf2exeError]
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            # A group of its own, so that Ctrl-C reaches the compilers below it exactly once, through us.
            start_new_session=sys.platform != "win32",
        )
    except OSError as problem:
        raise error(f"cannot run {command[0]}", str(problem), "run `tf2exe doctor`") from problem


def end_group(process: subprocess.Popen[Any]) -> None:
    """Ends a program that was started in a session of its own, with everything that it started."""
    if sys.platform == "win32":
        kill = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
        with suppress(OSError):  # it is not on the user's PATH
            subprocess.run(kill, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
