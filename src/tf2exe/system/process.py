"""Starts other programs; the only module of tf2exe that does.

captured_process.py captures output; pausable_process.py pauses programs. Both start them with `start`.
"""

from __future__ import annotations

import io
import os
import shlex
import subprocess  # noqa: TID251 - the only module that starts programs
from contextlib import contextmanager
from threading import Thread
from typing import IO, TYPE_CHECKING

from tf2exe.errors import CompileError
from tf2exe.system import host
from tf2exe.system.cancellation import CancellationToken
from tf2exe.system.process_tree import ProcessTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tf2exe.errors import Tf2exeError

TAIL_LINES = 15
"""Lines of a failed program's output that its error shows."""

EXECUTABLE_REMEDY = "check that the file is executable"
"""The remedy for a program that cannot be started."""


def start(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None,
    streams: tuple[int | IO[bytes], int | IO[bytes], int | IO[bytes]],
    error: type[Tf2exeError],
    remedy: str,
    session: bool = True,
) -> subprocess.Popen[bytes]:
    """Starts a program.

    Args:
        command: the program and its arguments.
        cwd: the working folder.
        env: the whole environment; None: that of tf2exe.
        streams: standard input, output and error, as `subprocess.Popen` takes them.
        error: the type of the exception.
        remedy: what the user can do if the program cannot be started.
        session: start it in a session of its own (POSIX), so that Ctrl-C in a terminal reaches tf2exe alone,
            which then ends the program.

    Raises:
        Tf2exeError: of the given type: the program cannot be started.
    """
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            start_new_session=session and not host.IS_WINDOWS,
        )
    except OSError as problem:
        raise error(f"cannot run {command[0]}", str(problem), remedy) from problem


def run_logged(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
    error: type[Tf2exeError] = CompileError,
    remedy: str = "see the log",
    cancellation: CancellationToken | None = None,
) -> None:
    """Runs a program, appends the command and its output to ``log``, and passes each line on.

    Raises:
        Tf2exeError: of the given type: it cannot be started, failed (with the last lines of its output), or
            was cancelled.
    """
    tail: list[str] = []
    token = cancellation or CancellationToken()
    streams = (subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT)
    with _log(command, log) as out:
        with start(
            command, cwd=cwd, env=env, streams=streams, error=error, remedy="run `tf2exe doctor`"
        ) as process:
            tree = ProcessTree(process.pid)
            with _killed_on_error(tree), token.attach(tree):
                for line in _lines(process.stdout):
                    out.write(f"{line}\n")
                    if text := line.rstrip():
                        tail = [*tail[-TAIL_LINES + 1 :], text]
                        on_line(text)
        if process.returncode:
            out.write(f"exit code {process.returncode}\n")
            raise error(*_failure(command, process.returncode, tail), remedy, log)


def run_relayed(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
    on_output: Callable[[str], None],
    on_error: Callable[[str], None],
    error: type[Tf2exeError],
) -> int:
    """Runs a program in place of this one: passes the lines of both streams on and returns the exit code.

    The command and its standard error are appended to ``log``.

    Args:
        command: the program and its arguments.
        log: the log.
        cwd: the working folder.
        env: the whole environment.
        on_output: is called with each line of standard output.
        on_error: is called with each line of standard error, in another thread.
        error: the type of the exception.

    Raises:
        Tf2exeError: of the given type: it cannot be started, or a signal ended it.
    """
    tail: list[str] = []
    streams = (subprocess.DEVNULL, subprocess.PIPE, subprocess.PIPE)
    with _log(command, log) as out:
        with start(
            command, cwd=cwd, env=env, streams=streams, error=error, remedy=EXECUTABLE_REMEDY
        ) as process:

            def take_errors() -> None:
                for line in _lines(process.stderr):
                    out.write(f"{line}\n")
                    tail[:] = [*tail[-TAIL_LINES + 1 :], line]
                    on_error(line)

            reader = Thread(target=take_errors)
            reader.start()
            with _killed_on_error(ProcessTree(process.pid)):
                for line in _lines(process.stdout):
                    on_output(line)
                reader.join()
        out.write(f"exit code {process.returncode}\n")
    if process.returncode < 0:
        raise error(*_failure(command, process.returncode, tail), "see the log", log)
    return process.returncode


def run_detached(
    command: Sequence[str], *, log: Path, cwd: Path, env: Mapping[str, str], error: type[Tf2exeError]
) -> int:
    """Runs a program that may leave others running on purpose, and returns its exit code.

    The others inherit the log as their streams: a pipe that they inherit would never reach its end.

    Raises:
        Tf2exeError: of the given type: it cannot be started.
    """
    with _log(command, log) as out:
        streams = (subprocess.DEVNULL, out.fileno(), subprocess.STDOUT)
        with start(
            command, cwd=cwd, env=env, streams=streams, error=error, remedy=EXECUTABLE_REMEDY
        ) as process:
            code = process.wait()
        out.write(f"exit code {code}\n")
    return code


@contextmanager
def _log(command: Sequence[str], log: Path) -> Iterator[io.TextIOWrapper]:
    """The log of a command, which can be followed while it is written."""
    with log.open("a", buffering=1, encoding="utf-8") as out:
        out.write(f"\n$ {shlex.join(command)}\n")
        yield out


@contextmanager
def _killed_on_error(tree: ProcessTree) -> Iterator[None]:
    try:
        yield
    except BaseException:
        tree.kill()
        raise


def _lines(stream: IO[bytes] | None) -> Iterator[str]:
    """The lines of a stream, without their ends."""
    if stream is not None:
        with io.TextIOWrapper(stream, "utf-8", "replace") as text:
            for line in text:
                yield line.rstrip("\r\n")


def _failure(command: Sequence[str], code: int, tail: Sequence[str]) -> tuple[str, str]:
    """The texts of an error: what failed, and the end of the output."""
    reason = "\n  ".join([f"exit code {code}, the end of its output:", *tail])
    return f"{os.path.basename(command[0])} failed", reason  # noqa: PTH119 - a name
