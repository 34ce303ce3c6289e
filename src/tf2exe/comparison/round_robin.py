"""Runs programs round robin: one computes for a second while the others are paused.

Another load of the machine then affects all of them, and their rates compare several times as exactly as
those of complete runs in sequence.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psutil

from tf2exe.comparison.startup import WARM_UP, prepare_run, read_figures
from tf2exe.errors import SampleError
from tf2exe.system.pausable_process import PausableProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tf2exe.comparison.startup import PreparedRun, Program, RunFigures
    from tf2exe.config.application import Sample

SLICE = 1.0
"""Seconds that each program computes in a round."""

POLL_INTERVAL = 0.1
"""Seconds between checks of a program that warms up."""

PROGRESS_INTERVAL = 5.0
"""Seconds between lines of progress."""

FREE_MEMORY = 0.25
"""The part of the memory that must be free to start one more program."""


def run_round_robin(
    programs: Mapping[str, Program], sample: Sample, folder: Path, say: Callable[[str], None]
) -> dict[str, RunFigures | SampleError]:
    """Runs each program once, as many at a time as the memory allows.

    Args:
        programs: by their key, in the order in which they start.
        sample: the command line.
        folder: an empty folder for the runs.
        say: called with lines of progress.

    Returns:
        The figures of each run without the time when it was paused, or its error.
    """
    found: dict[str, RunFigures | SampleError] = {}
    waiting = list(programs)
    while waiting:
        with ExitStack() as opened:
            group: list[_PausedProgram] = []
            while waiting and (not group or _has_free_memory()):
                key = waiting.pop(0)
                say(f"{key} warms up")
                try:
                    turn = _PausedProgram(key, programs[key], sample, folder / key, opened)
                except SampleError as error:
                    found[key] = error
                    continue
                turn.warm_up()
                group.append(turn)
            _alternate(group, say)
            found |= {turn.key: turn.outcome() for turn in group}
    return found


def _has_free_memory() -> bool:
    memory = psutil.virtual_memory()
    return bool(memory.available > memory.total * FREE_MEMORY)


def _alternate(group: list[_PausedProgram], say: Callable[[str], None]) -> None:
    """Runs each program for a slice until all have ended. Each round begins with another one."""
    begin = shown = time.monotonic()
    while running := [turn for turn in group if not turn.program.ended]:
        for turn in running:
            turn.compute(SLICE)
            if time.monotonic() - shown > PROGRESS_INTERVAL:
                shown = time.monotonic()
                say(f"{len(running)} in turn, {shown - begin:.0f} s")
        group = [*group[1:], group[0]]


class _PausedProgram:
    """A program, its run and its process."""

    def __init__(self, key: str, program: Program, sample: Sample, folder: Path, opened: ExitStack) -> None:
        self.key = key
        self.run: PreparedRun = prepare_run(program, sample, folder)
        self._program = program
        self._problem: SampleError | None = None
        self.program = opened.enter_context(
            PausableProcess(
                self.run.command,
                cwd=self.run.work,
                env=self.run.env,
                stdin=self.run.stdin,
                streams=folder / "streams",
                error=SampleError,
            )
        )

    def warm_up(self) -> None:
        """Runs the program until it computes steadily, and pauses it. Without marks it runs to its end."""
        while not self._wait(POLL_INTERVAL):
            if sum(name == "predicted" for name, _, _ in self.run.marks) > WARM_UP:
                self.program.pause()
                break

    def compute(self, seconds: float) -> None:
        """Runs the program for this time, or to its end."""
        self.program.resume()
        if not self._wait(seconds):
            self.program.pause()

    def _wait(self, seconds: float) -> bool:
        """Waits for its end; returns whether it ended, also because it had too many processes."""
        try:
            return self.program.wait(seconds)
        except SampleError as error:
            self._problem = error
            return True

    def outcome(self) -> RunFigures | SampleError:
        """Its figures, or its error."""
        if self._problem is not None:
            return self._problem
        try:
            return read_figures(self.run, self._program, self.program.output(), self.program.pauses)
        except SampleError as error:
            return error
