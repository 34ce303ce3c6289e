"""The one door through which tf2exe runs other programs; stoppable.py has those that it stops for a while."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from tf2exe.errors import CompileError, Tf2exeError
from tf2exe.process_tree import MARK, ProcessTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

TAIL_LINES = 15

LOOK = 0.1
"""Seconds between two looks at a program that runs."""

LONGEST_REST = 5.0
"""Seconds that processes may go on writing to a contained program's streams when it has ended."""

RESTARTS = "inside an executable sys.executable is the program, and running it starts the program again"
REMEDY_FOR_RESTARTS = (
    "start other programs by their own path (multiprocessing works as in Python), "
    "or use a sample with fewer processes"
)

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
    contained: bool = False,
    switch: Switch | None = None,
) -> Finished:
    """Runs a program to its end and keeps both of its streams apart; empty are those that are not kept.

    A contained program runs in a session of its own, with a limited number of processes, and none of its
    processes outlives it. No two contained programs may run in the same folder at a time.

    Raises:
        Tf2exeError: of the given type: it cannot be started, did not end within ``timeout`` seconds, started
            too many processes, or the switch was turned off.
    """
    mark = str(cwd) if contained else ""
    full = {**env, MARK: mark} if contained else dict(env)
    closing = _closing(stdout, stderr)
    with _open([*closing, *command], cwd, full, (stdout, stderr), error, session=contained) as process:
        tree = ProcessTree(process.pid, mark)
        watch = _Watch(tuple(command), process, tree, timeout, contained, switch)
        try:
            out, err = _communicate(watch, stdin, error)
            seconds = time.monotonic() - watch.begin
        except BaseException:
            tree.kill()
            process.wait()  # after Ctrl-C, leaving the context does not wait
            raise
        if contained:
            tree.kill()
    return Finished(tuple(command), process.returncode, out, err, seconds)


def _open(
    command: Sequence[str],
    cwd: Path,
    env: dict[str, str],
    streams: tuple[Stream, Stream],
    error: type[Tf2exeError],
    *,
    session: bool,
) -> subprocess.Popen[bytes]:
    try:
        with _opened(streams[0]) as out, _opened(streams[1]) as err:
            return subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                start_new_session=session and sys.platform != "win32",
            )
    except OSError as problem:
        raise error(
            f"cannot run {command[0]}", str(problem), "check that the file is executable"
        ) from problem


@dataclass
class _Watch:
    """Looks after a program while it runs; the attributes are the arguments of `capture`."""

    command: tuple[str, ...]
    process: subprocess.Popen[bytes]
    tree: ProcessTree
    timeout: float | None
    contained: bool
    switch: Switch | None
    begin: float = field(default_factory=time.monotonic)
    ended: float | None = None

    def trouble(self) -> tuple[str, str, str] | None:
        """What is wrong, why, and what to do, if the program must not go on."""
        seconds, line = time.monotonic() - self.begin, shlex.join(self.command)
        if self.switch and self.switch.is_off:
            return f"{line} was ended", "the command was interrupted", "run it again"
        if self.timeout is not None and seconds > self.timeout:
            why, remedy = f"it ran for {self.timeout:.0f} s", "use an input for which the program ends"
            return f"{line} did not end", why, remedy
        if self.contained and (excess := self.tree.excess()):
            return f"{line} {excess}", RESTARTS, REMEDY_FOR_RESTARTS
        if self.contained and self.process.poll() is not None:
            self.ended = self.ended or seconds
            if seconds > self.ended + LONGEST_REST:
                self.tree.kill()
        return None


def _communicate(watch: _Watch, stdin: bytes, error: type[Tf2exeError]) -> tuple[bytes, bytes]:
    """All that a program writes to its streams."""
    given, pause = stdin, LOOK
    while True:
        try:
            out, err = watch.process.communicate(given, pause)
        except subprocess.TimeoutExpired:
            begin = time.monotonic()
            if trouble := watch.trouble():
                raise error(*trouble) from None
            given, pause = b"", max(LOOK, 20 * (time.monotonic() - begin))  # a look takes 5 % of the time
        else:
            return out or b"", err or b""


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

    @property
    def is_off(self) -> bool:
        """Whether it has been turned off."""
        return self._is_off

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
