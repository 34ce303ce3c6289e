"""Runs programs whose output is captured; samples with all their processes."""

from __future__ import annotations

import os
import shlex
import subprocess  # noqa: TID251 - started by process.start
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tf2exe.errors import Tf2exeError
from tf2exe.system import process
from tf2exe.system.process_tree import RESTART_REASON, RESTART_REMEDY, RUN_VARIABLE, ProcessTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tf2exe.system.cancellation import CancellationToken

MIN_POLL = 0.1
MAX_POLL = 1.0
"""Seconds between two checks of a running program, at least and at most."""

STREAM_TIMEOUT = 5.0
"""Seconds for which other processes may write to the streams of a contained program that has ended."""

Stream = Literal["captured", "closed", "broken-pipe", "full-device"]
"""What a program gets as a standard stream: a pipe whose content is captured, nothing (the stream is closed),
a pipe that has no reader, or a device that is full."""


@dataclass(frozen=True)
class CompletedProcess:
    """A program that has ended.

    Attributes:
        command: the program and its arguments.
        exit_code: negative: the signal that ended it.
        stdout: standard output; empty if the stream was not captured.
        stderr: standard error, in the same way.
        seconds: wall-clock time.
    """

    command: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    seconds: float


def run_captured(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: bytes = b"",
    stdout: Stream = "captured",
    stderr: Stream = "captured",
    timeout: float | None = None,
    error: type[Tf2exeError] = Tf2exeError,
    contained: bool = False,
    cancellation: CancellationToken | None = None,
) -> CompletedProcess:
    """Runs a program to its end and captures standard output and standard error.

    A contained program runs in a session of its own, with a limited number of processes, and none of its
    processes outlives it. No two contained programs may run in the same folder at a time.

    Raises:
        Tf2exeError: of the given type: it cannot be started, did not end within ``timeout`` seconds, started
            too many processes, or was cancelled.
    """
    mark = str(cwd) if contained else ""
    full = {**env, RUN_VARIABLE: mark} if contained else dict(env)
    with _opened(stdout) as out, _opened(stderr) as err:
        running = process.start(
            [*_closing(stdout, stderr), *command],
            cwd=cwd,
            env=full,
            streams=(subprocess.PIPE, out, err),
            error=error,
            remedy=process.EXECUTABLE_REMEDY,
            session=contained,
        )
    with running:
        tree = ProcessTree(running.pid, mark)
        monitor = _Monitor(tuple(command), running, tree, timeout, contained, cancellation)
        try:
            written = _communicate(monitor, stdin, error)
            seconds = time.monotonic() - monitor.begin
        except BaseException:
            tree.kill()
            running.wait()  # after Ctrl-C, leaving the context does not wait
            raise
        if contained:
            tree.kill()
    return CompletedProcess(tuple(command), running.returncode, *written, seconds)


@dataclass
class _Monitor:
    """Checks a program while it runs; the attributes are the arguments of `run_captured`."""

    command: tuple[str, ...]
    process: subprocess.Popen[bytes]
    tree: ProcessTree
    timeout: float | None
    contained: bool
    cancellation: CancellationToken | None
    begin: float = field(default_factory=time.monotonic)
    ended: float | None = None

    def problem(self) -> tuple[str, str, str] | None:
        """What is wrong, why, and what to do; None: the program may continue."""
        seconds, line = time.monotonic() - self.begin, shlex.join(self.command)
        if self.cancellation and self.cancellation.is_cancelled:
            return f"{line} was ended", "the command was interrupted", "run it again"
        if self.timeout is not None and seconds > self.timeout:
            why, remedy = f"it ran for {self.timeout:.0f} s", "use an input for which the program ends"
            return f"{line} did not end", why, remedy
        if self.contained and (excess := self.tree.exceeded_limit()):
            return f"{line} {excess}", RESTART_REASON, RESTART_REMEDY
        if self.contained and self.process.poll() is not None:
            self.ended = self.ended or seconds
            if seconds > self.ended + STREAM_TIMEOUT:
                self.tree.kill()
        return None


def _communicate(monitor: _Monitor, stdin: bytes, error: type[Tf2exeError]) -> tuple[bytes, bytes]:
    """Everything that a program writes to its streams."""
    given, pause = stdin, MIN_POLL
    while True:
        try:
            out, err = monitor.process.communicate(given, pause)
        except subprocess.TimeoutExpired:
            begin = time.monotonic()
            if problem := monitor.problem():
                raise error(*problem) from None
            # Checks take a twentieth of the time, but are never more than a second apart.
            given, pause = b"", min(MAX_POLL, max(MIN_POLL, 20 * (time.monotonic() - begin)))
        else:
            return out or b"", err or b""


@contextmanager
def _opened(stream: Stream) -> Iterator[int]:
    """The file descriptor that a program gets as a stream, or `subprocess.PIPE`."""
    if stream in {"captured", "closed"}:
        yield subprocess.PIPE
        return
    if stream == "broken-pipe":
        reader, writer = os.pipe()
        os.close(reader)
    else:
        writer = os.open("/dev/full", os.O_WRONLY)
    try:
        yield writer
    finally:
        os.close(writer)


def _closing(stdout: Stream, stderr: Stream) -> list[str]:
    """A command prefix that closes streams before the program starts."""
    closed = (">&-" if stdout == "closed" else "") + (" 2>&-" if stderr == "closed" else "")
    return ["/bin/sh", "-c", f'exec "$0" "$@" {closed}'] if closed else []
