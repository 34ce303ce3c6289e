"""Keeps programs busy in turn: one computes for a second while the others are paused.

So a busy moment of the machine falls on all of them, and their rates compare several times as exactly as
those of whole runs one after the other.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psutil

from tf2exe.comparison.startup import WARM_UP, prepare, taken
from tf2exe.errors import SampleError
from tf2exe.system.pausable_process import PausableProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tf2exe.comparison.startup import Prepared, Program, Start
    from tf2exe.config.application import Sample

SLICE = 1.0
"""Seconds that each computes before the next one's turn."""

LOOK = 0.1
SAY = 5.0
"""Seconds between looks at a program that warms up, and between lines of progress."""

ROOM = 0.25
"""The part of the memory that must be free for one more program to begin beside the others."""


def run_in_turn(
    programs: Mapping[str, Program], sample: Sample, folder: Path, say: Callable[[str], None]
) -> dict[str, Start | SampleError]:
    """Runs each program once, as many beside each other as the memory holds.

    Args:
        programs: by their key, in the order in which they begin.
        sample: what each runs.
        folder: an empty one for the runs.
        say: hears what happens.

    Returns:
        What each took without the time that it was stopped, or why it failed.
    """
    found: dict[str, Start | SampleError] = {}
    waiting = list(programs)
    while waiting:
        with ExitStack() as opened:
            group: list[_Turn] = []
            while waiting and (not group or _is_room()):
                key = waiting.pop(0)
                say(f"{key} warms up")
                try:
                    turn = _Turn(key, programs[key], sample, folder / key, opened)
                except SampleError as error:
                    found[key] = error
                    continue
                turn.warm_up()
                group.append(turn)
            _alternate(group, say)
            found |= {turn.key: turn.outcome() for turn in group}
    return found


def _is_room() -> bool:
    memory = psutil.virtual_memory()
    return bool(memory.available > memory.total * ROOM)


def _alternate(group: list[_Turn], say: Callable[[str], None]) -> None:
    """A slice for each, until all have ended; each round begins with another one."""
    begin = said = time.monotonic()
    while going := [turn for turn in group if not turn.program.ended]:
        for turn in going:
            turn.compute(SLICE)
            if time.monotonic() - said > SAY:
                said = time.monotonic()
                say(f"{len(going)} in turn, {said - begin:.0f} s")
        group = [*group[1:], group[0]]


class _Turn:
    """One program: how it is run, and its process."""

    def __init__(self, key: str, program: Program, sample: Sample, folder: Path, opened: ExitStack) -> None:
        self.key = key
        self.run: Prepared = prepare(program, sample, folder)
        self._of = program
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
        """Lets it run until it computes steadily, and pauses it; without marks it runs to its end."""
        while not self._wait(LOOK):
            if sum(name == "predicted" for name, _, _ in self.run.marks) > WARM_UP:
                self.program.pause()
                break

    def compute(self, seconds: float) -> None:
        """Lets it run for this long, or to its end."""
        self.program.resume()
        if not self._wait(seconds):
            self.program.pause()

    def _wait(self, seconds: float) -> bool:
        """Waits for its end; a program that has too many processes has ended, too."""
        try:
            return self.program.wait(seconds)
        except SampleError as error:
            self._problem = error
            return True

    def outcome(self) -> Start | SampleError:
        """What it took, or why it failed."""
        if self._problem is not None:
            return self._problem
        try:
            return taken(self.run, self._of, self.program.output(), self.program.pauses)
        except SampleError as error:
            return error
