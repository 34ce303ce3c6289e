"""Programs that can be suspended and resumed, with all their processes."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - started by process.start
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tf2exe.errors import Tf2exeError
from tf2exe.system import process
from tf2exe.system.process_tree import RESTART_REASON, RESTART_REMEDY, RUN_VARIABLE, ProcessTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class PausableProcess:
    """A program that runs from the creation of this object until it ends or the context ends.

    None of its processes outlives the context.

    Attributes:
        pauses: begin and end of each pause, in nanoseconds of `time.perf_counter_ns`.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: Path | None,
        streams: Path,
        error: type[Tf2exeError] = Tf2exeError,
    ) -> None:
        """Starts the program.

        Args:
            command: the program and its arguments.
            cwd: the working folder, which no other contained program may use at the same time.
            env: the whole environment.
            stdin: the file for standard input; None: standard input is empty.
            streams: the file for standard output and standard error.
            error: the type of exceptions.

        Raises:
            Tf2exeError: of the given type: the program cannot be started.
        """
        self.pauses: list[tuple[int, int]] = []
        self._paused_at: int | None = None
        self._command, self._streams, self._error = command, streams, error
        with (stdin or Path(os.devnull)).open("rb") as given, streams.open("wb") as out:
            self._process = process.start(
                command,
                cwd=cwd,
                env={**env, RUN_VARIABLE: str(cwd)},
                streams=(given, out, subprocess.STDOUT),
                error=error,
                remedy=process.EXECUTABLE_REMEDY,
            )
        self._tree = ProcessTree(self._process.pid, str(cwd))

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return self._process.poll() is not None

    def wait(self, seconds: float) -> bool:
        """Waits for the end of the program, at most for this time; returns whether it has ended.

        Raises:
            Tf2exeError: of the type given at the start: it started too many processes, and was killed.
        """
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        if not self.ended and (excess := self._tree.exceeded_limit()):
            self._tree.kill()
            self._process.wait()
            raise self._error(f"{self._command[0]} {excess}", RESTART_REASON, RESTART_REMEDY)
        return self.ended

    def pause(self) -> None:
        """Suspends the program until `resume` is called."""
        self._tree.suspend()
        self._paused_at = time.perf_counter_ns()

    def resume(self) -> None:
        """Lets the program run again."""
        if self._paused_at is not None:
            self.pauses.append((self._paused_at, time.perf_counter_ns()))
            self._paused_at = None
        self._tree.resume()

    def output(self) -> str:
        """The output of the program so far."""
        return self._streams.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tree.kill()
        self._process.wait()
