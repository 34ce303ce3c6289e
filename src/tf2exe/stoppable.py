"""A program that can be stopped for a while, with everything that it started. Not on Windows."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tf2exe.errors import Tf2exeError
from tf2exe.process_tree import MARK, ProcessTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Stoppable:
    """Runs from its making until it ends or `stop` is called; leaving the context ends it.

    Attributes:
        pauses: begin and end of each time that it was stopped, in nanoseconds of `time.perf_counter_ns`.
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
        """Starts it.

        Args:
            command: what is run.
            cwd: where.
            env: its whole environment.
            stdin: what it reads from standard input; None: nothing.
            streams: a file for all that it writes to its streams.
            error: what is raised.

        Raises:
            Tf2exeError: of the given type: it cannot be started.
        """
        self.pauses: list[tuple[int, int]] = []
        self._stopped_at: int | None = None
        self._streams = streams
        try:
            with (stdin or Path(os.devnull)).open("rb") as given, streams.open("wb") as out:
                self._process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env={**env, MARK: str(cwd)},
                    stdin=given,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as problem:
            raise error(
                f"cannot run {command[0]}", str(problem), "check that the file is executable"
            ) from problem
        self._tree = ProcessTree(self._process.pid, str(cwd))

    @property
    def ended(self) -> bool:
        """Whether it has come to its end."""
        return self._process.poll() is not None

    def wait(self, seconds: float) -> bool:
        """Lets it run for so long, or to its end; whether it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.ended

    def stop(self) -> None:
        """Stops it until `go_on` is called; not when it has ended: its number may be another's then."""
        os.killpg(self._process.pid, signal.SIGSTOP)
        self._stopped_at = time.perf_counter_ns()

    def go_on(self) -> None:
        """Lets it run again."""
        if self._stopped_at is not None:
            self.pauses.append((self._stopped_at, time.perf_counter_ns()))
            self._stopped_at = None
        os.killpg(self._process.pid, signal.SIGCONT)

    def said(self) -> str:
        """What it has written to its streams."""
        return self._streams.read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tree.kill()
        self._process.wait()
