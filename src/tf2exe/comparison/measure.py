"""Measures all variants round robin, so that another load of the machine affects all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tf2exe.comparison import cold_cache
from tf2exe.comparison.round_robin import run_round_robin
from tf2exe.comparison.startup import Program, RunFigures, measure_run
from tf2exe.errors import SampleError, Tf2exeError
from tf2exe.system import host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tf2exe.comparison.comparison_json import Effort
    from tf2exe.config.application import Sample


@dataclass(frozen=True)
class Load:
    """A command line for a throughput run.

    Attributes:
        name: its name in reports.
        sample: the command line.
    """

    name: str
    sample: Sample


@dataclass
class Measurements:
    """The runs of one variant.

    Attributes:
        cold: starts with empty caches and no file in the page cache.
        warm: starts after others.
        loads: throughput runs, by the name of the load.
        problem: why it could not be measured; empty if it could.
    """

    cold: list[RunFigures] = field(default_factory=list)
    warm: list[RunFigures] = field(default_factory=list)
    loads: dict[str, list[RunFigures]] = field(default_factory=dict)
    problem: str = ""


class Bench:
    """Runs programs round robin and keeps the figures of each run.

    Args:
        programs: by the key of their variant.
        sample: the command line of cold and warm starts.
        folder: an empty folder for the runs.
        say: called with lines of progress.
    """

    def __init__(
        self, programs: dict[str, Program], sample: Sample, folder: Path, say: Callable[[str], None]
    ) -> None:
        self.programs, self.sample, self.folder, self.say = programs, sample, folder, say
        self.found = {key: Measurements() for key in programs}
        self.cold = cold_cache.NONE
        self.codes: dict[tuple[str, ...], int] = {}

    def measure(self, loads: Sequence[Load], effort: Effort) -> None:
        """Measures cold starts, warm starts and loads, each in rounds over all programs."""
        self._rounds(effort.cold, "cold start", lambda key: self._cold(key, machine=effort.drop_machine))
        self._rounds(1, "warming up", lambda key: self._run(key, self.sample, []))
        self._rounds(effort.warm, "warm start", self._warm)
        for load in loads:
            for turn in range(effort.loads):
                self._run_load(load, turn, f"{load.name}, round {turn + 1} of {effort.loads}")
        for program in self.programs.values():
            cold_cache.delete_set_aside(program)

    def _rounds(self, number: int, text: str, run: Callable[[str], None]) -> None:
        for turn in range(number):
            for key in self._order(turn):
                self.say(f"{text}, round {turn + 1} of {number}: {key}")
                run(key)

    def _order(self, turn: int) -> list[str]:
        """Each round begins with another program, so that none always follows the same one."""
        keys = [key for key in self.programs if not self.found[key].problem]
        first = turn % max(1, len(keys))
        return keys[first:] + keys[:first]

    def _run(self, key: str, sample: Sample, results: list[RunFigures]) -> None:
        try:
            done = measure_run(self.programs[key], sample, self.folder / key)
        except Tf2exeError as error:
            self.found[key].problem = str(error)
            return
        self._keep(key, sample, done, results)

    def _keep(self, key: str, sample: Sample, done: RunFigures, results: list[RunFigures]) -> None:
        expected = self.codes.setdefault(sample.arguments, done.exit_code)
        if done.exit_code != expected:
            self.found[key].problem = f"exit code {done.exit_code} for '{sample.name}', others {expected}"
        results.append(done)

    def _cold(self, key: str, *, machine: bool) -> None:
        cold_cache.set_caches_aside(self.programs[key])
        self.cold = cold_cache.drop_page_cache(self.programs[key], machine=machine)
        self._run(key, self.sample, self.found[key].cold)

    def _warm(self, key: str) -> None:
        self._run(key, self.sample, self.found[key].warm)

    def _run_load(self, load: Load, turn: int, text: str) -> None:
        """One round of a load: the programs alternate, or run in sequence where they cannot be paused."""
        order = self._order(turn)
        if host.IS_WINDOWS:
            for key in order:
                self.say(f"{text}: {key}")
                self._run(key, load.sample, self.found[key].loads.setdefault(load.name, []))
            return
        programs = {key: self.programs[key] for key in order}
        done = run_round_robin(programs, load.sample, self.folder, lambda what: self.say(f"{text}: {what}"))
        for key, outcome in done.items():
            if isinstance(outcome, SampleError):
                self.found[key].problem = str(outcome)
            else:
                self._keep(key, load.sample, outcome, self.found[key].loads.setdefault(load.name, []))
