"""The stages of a command: their steps, durations and results.

A listener gets typed values; `cli/` turns them into messages.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Activity = Literal[
    "trace",  # a sample runs in Python under the tracer
    "python",  # a sample runs in Python, to compare with
    "executable",  # a sample runs in the executable
    "calibrate",  # an input for calibration runs in Python
    "convert",  # a model is converted
    "agree",  # converted models are compared with the originals
    "analyse",  # Nuitka reads Python code
    "generate",  # Nuitka writes C
    "compile",  # the C compiler runs; counts files
    "link",  # the linker runs
    "launcher",  # the C compiler makes the launcher
    "compress",  # bundled files are compressed ahead of the package
    "bundle",  # bundled files are laid out; counts bytes
    "pack",  # a single file is compressed; counts bytes
    "output",  # another tool printed a line
]


COUNTING: frozenset[Activity] = frozenset({"compile", "link", "bundle", "pack"})
"""Activities whose number counts what is done; that of others is the current item."""


@dataclass(frozen=True)
class Step:
    """The current step of a stage.

    Attributes:
        activity: the kind of work.
        item: a sample, a file, or a line of another tool.
        number: the number of the item, from 1, or the files or bytes that are done.
        total: the number of items, files or bytes; 0: unknown.
        beside: it runs in parallel to the main work of the stage.
    """

    activity: Activity
    item: str = ""
    number: int = 0
    total: int = 0
    beside: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it counts, and all is done."""
        return self.activity in COUNTING and 0 < self.total <= self.number


class Listener(Protocol):
    """Observes the stages of a command."""

    def on_stages(self, names: Sequence[str]) -> None:
        """The stages, in order; called again when one is added."""

    def on_begin(self, stage: str) -> None:
        """A stage begins."""

    def on_step(self, step: Step) -> None:
        """The running stage begins a step, or makes progress; called from any thread."""

    def on_done(self, stage: str, result: object, seconds: float) -> None:
        """A stage has ended, with its result or None."""

    def on_failed(self, stage: str, seconds: float) -> None:
        """A stage has failed; its error follows."""


class SilentListener:
    """A listener that ignores everything."""

    def on_stages(self, names: Sequence[str]) -> None:
        """Does nothing."""

    def on_begin(self, stage: str) -> None:
        """Does nothing."""

    def on_step(self, step: Step) -> None:
        """Does nothing."""

    def on_done(self, stage: str, result: object, seconds: float) -> None:
        """Does nothing."""

    def on_failed(self, stage: str, seconds: float) -> None:
        """Does nothing."""


class Stage:
    """A running stage."""

    def __init__(self, listener: Listener) -> None:
        self.step = listener.on_step
        self.result: object = None

    def output(self, line: str) -> None:
        """Another tool printed a line."""
        self.step(Step("output", line))

    def byte_counter(self, activity: Activity, *, beside: bool = False) -> Callable[[int, int], None]:
        """A function that reports progress: it takes the bytes that are done, and all bytes."""
        return lambda done, total: self.step(Step(activity, "", done, total, beside))

    def set_result(self, result: object) -> None:
        """Sets the result of the stage."""
        self.result = result


class Stages:
    """Runs the stages of a command, measures them, and informs a listener."""

    def __init__(self, names: Sequence[str], listener: Listener) -> None:
        self.names = list(names)
        self.seconds: dict[str, float] = {}
        self._listener = listener
        self._begin = 0.0
        listener.on_stages(self.names)

    def insert(self, name: str, *, before: str) -> None:
        """Adds a stage."""
        self.names.insert(self.names.index(before), name)
        self._listener.on_stages(self.names)

    @contextmanager
    def run(self, name: str) -> Iterator[Stage]:
        """Runs one stage."""
        self._begin = time.monotonic()
        stage = Stage(self._listener)
        self._listener.on_begin(name)
        try:
            yield stage
        except BaseException:
            self._listener.on_failed(name, time.monotonic() - self._begin)
            raise
        self.seconds[name] = time.monotonic() - self._begin
        self._listener.on_done(name, stage.result, self.seconds[name])

    def seconds_so_far(self, stage: str) -> dict[str, float]:
        """The seconds of the completed stages, and those of the running one until now."""
        return {**self.seconds, stage: time.monotonic() - self._begin}
