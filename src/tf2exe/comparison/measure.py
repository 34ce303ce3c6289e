"""Measures all variants round robin, so that a busy moment of the machine affects all of them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tf2exe.comparison import cold_cache
from tf2exe.comparison.round_robin import run_in_turn
from tf2exe.comparison.startup import Program, Start, start
from tf2exe.errors import SampleError, Tf2exeError
from tf2exe.system import host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tf2exe.config.application import Sample


@dataclass(frozen=True)
class Load:
    """A command line for a throughput run.

    Attributes:
        name: as in reports.
        sample: what is run.
    """

    name: str
    sample: Sample


@dataclass
class Measured:
    """The runs of one variant.

    Attributes:
        cold: starts with nothing unpacked and no file in the page cache.
        warm: starts after others.
        loads: throughput runs, by the load's name.
        problem: why it could not be measured.
    """

    cold: list[Start] = field(default_factory=list)
    warm: list[Start] = field(default_factory=list)
    loads: dict[str, list[Start]] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Effort:
    """How often each is measured.

    Attributes:
        cold: cold starts.
        warm: warm starts; one more warms up.
        loads: runs of each load.
        drop_machine: whether the page cache of the whole machine may be dropped before a cold start.
    """

    cold: int = 3
    warm: int = 7
    loads: int = 3
    drop_machine: bool = False


class Bench:
    """Runs programs in turn and keeps what each run took.

    Args:
        programs: by the key of their variant.
        sample: what a start runs.
        folder: an empty one for the runs.
        say: called with what runs now.
    """

    def __init__(
        self, programs: dict[str, Program], sample: Sample, folder: Path, say: Callable[[str], None]
    ) -> None:
        self.programs, self.sample, self.folder, self.say = programs, sample, folder, say
        self.found = {key: Measured() for key in programs}
        self.cold = cold_cache.NONE
        self.codes: dict[tuple[str, ...], int] = {}

    def measure(self, loads: Sequence[Load], effort: Effort) -> None:
        """Everything, each kind of run in rounds over all programs."""
        self._rounds(effort.cold, "cold start", lambda key: self._cold(key, machine=effort.drop_machine))
        self._rounds(1, "warming up", lambda key: self._run(key, self.sample, []))
        self._rounds(effort.warm, "warm start", self._warm)
        for load in loads:
            for turn in range(effort.loads):
                self._busy(load, turn, f"{load.name}, round {turn + 1} of {effort.loads}")
        for program in self.programs.values():
            cold_cache.tidy(program)

    def _rounds(self, number: int, text: str, run: Callable[[str], None]) -> None:
        for turn in range(number):
            for key in self._order(turn):
                self.say(f"{text}, round {turn + 1} of {number}: {key}")
                run(key)

    def _order(self, turn: int) -> list[str]:
        """Each turn begins with another one: what a program leaves to its follower is shared out."""
        keys = [key for key in self.programs if not self.found[key].problem]
        first = turn % max(1, len(keys))
        return keys[first:] + keys[:first]

    def _run(self, key: str, sample: Sample, results: list[Start]) -> None:
        try:
            done = start(self.programs[key], sample, self.folder / key)
        except Tf2exeError as error:
            self.found[key].problem = str(error)
            return
        self._keep(key, sample, done, results)

    def _keep(self, key: str, sample: Sample, done: Start, results: list[Start]) -> None:
        expected = self.codes.setdefault(sample.arguments, done.exit_code)
        if done.exit_code != expected:
            self.found[key].problem = f"exit code {done.exit_code} for '{sample.name}', others {expected}"
        results.append(done)

    def _cold(self, key: str, *, machine: bool) -> None:
        cold_cache.forget(self.programs[key])
        self.cold = cold_cache.drop(self.programs[key], machine=machine)
        self._run(key, self.sample, self.found[key].cold)

    def _warm(self, key: str) -> None:
        self._run(key, self.sample, self.found[key].warm)

    def _busy(self, load: Load, turn: int, text: str) -> None:
        """All of them once: in turn by the second, or one after the other where none can be stopped."""
        order = self._order(turn)
        if host.IS_WINDOWS:
            for key in order:
                self.say(f"{text}: {key}")
                self._run(key, load.sample, self.found[key].loads.setdefault(load.name, []))
            return
        programs = {key: self.programs[key] for key in order}
        done = run_in_turn(programs, load.sample, self.folder, lambda what: self.say(f"{text}: {what}"))
        for key, outcome in done.items():
            if isinstance(outcome, SampleError):
                self.found[key].problem = str(outcome)
            else:
                self._keep(key, load.sample, outcome, self.found[key].loads.setdefault(load.name, []))


def summary(values: Sequence[float]) -> dict[str, float] | None:
    """Median with spread."""
    if not values:
        return None
    return {"median": statistics.median(values), "low": min(values), "high": max(values), "runs": len(values)}
