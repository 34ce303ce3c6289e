"""The stages of a command on the terminal, while they run and when they have ended."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from tf2exe.cli.text import WIDEST, State, is_plain, mark_of, new_console, print_line, print_text, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console
    from rich.status import Status

    from tf2exe.system.progress import Step

NARROW = 60
"""On a narrower terminal a text begins on a line of its own, below the stage's name."""
INDENT = 4
SHORTEST = 7
"""The width of the column of names, where no longer name is known."""
QUIET_SECONDS = 5.0
"""Without a terminal, a running stage reports at this interval."""
REDRAW_SECONDS = 0.1

LINE = re.compile(
    r"\[(?P<number>\d+)/(?P<count>\d+)\] (?P<name>\S+): (?P<state>done|warning|failed|running)"
    r"(?: \((?P<seconds>[\d.]+) s\))?(?:: (?P<text>.*))?"
)
"""A stage's line without a terminal."""


@dataclass(frozen=True)
class Message:
    """The result of a stage, as shown.

    Attributes:
        text: its result, in a sentence.
        is_warning: the stage did nothing, or not what is expected; the text says what to do.
        warnings: further lines.
    """

    text: str = ""
    is_warning: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A stage on the screen.

    Attributes:
        number: of the stage, counted from 1.
        count: of all stages.
        name: the stage.
        state: of the stage.
        seconds: how long it has run; None: a further line of the same stage.
        text: its result, or its activity.
    """

    number: int
    count: int
    name: str
    state: State
    seconds: float | None
    text: str

    @property
    def plain(self) -> str:
        """Without a terminal: one line."""
        took = "" if self.seconds is None else f" ({self.seconds:.1f} s)"
        text = f": {self.text}" if self.text else ""
        return f"[{self.number}/{self.count}] {self.name}: {self.state}{took}{text}"

    @classmethod
    def read(cls, plain: str) -> Line | None:
        """Parses a line of a stage; None: it is another line."""
        found = LINE.fullmatch(plain)
        if found is None:
            return None
        state: State = found["state"]  # type: ignore[assignment]  # the expression allows nothing else
        seconds = float(found["seconds"]) if found["seconds"] else None
        return cls(
            int(found["number"]), int(found["count"]), found["name"], state, seconds, found["text"] or ""
        )


class Screen:
    """Shows the stages of a command on standard error: a `tf2exe.system.progress.Listener`.

    Args:
        console: where.
        describe: makes the message of a stage's result.
        doing: makes the text of a step, or of a stage that has just begun.
    """

    def __init__(
        self, console: Console, describe: Callable[[object], Message], doing: Callable[[str | Step], str]
    ) -> None:
        self.console, self._describe, self._doing = console, describe, doing
        self._names: list[str] = []
        self._steps: dict[bool, Step] = {}
        self._begin = 0.0
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def on_stages(self, names: Sequence[str]) -> None:
        """The stages that run, in order."""
        self._names = list(names)

    def on_begin(self, stage: str) -> None:
        """Shows a stage until it ends."""
        self._steps = {}
        self._begin = time.monotonic()
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, args=(stage, self._stop), daemon=True)
        self._watcher.start()

    def on_step(self, step: Step) -> None:
        """Takes a step of the stage; the next redraw shows it."""
        self._steps = {**self._steps, step.beside: step}

    def on_done(self, stage: str, result: object, seconds: float) -> None:
        """Completes the line of a stage with its result."""
        self._end()
        message = self._describe(result)
        state: State = "warning" if message.is_warning else "done"
        self.show(self._line(stage, state, seconds, message.text))
        for text in message.warnings:
            self.show(self._line(stage, "warning", None, text))

    def on_failed(self, stage: str, seconds: float) -> None:
        """Marks the line of a stage as failed; the error is printed where it is caught."""
        self._end()
        self.show(self._line(stage, "failed", seconds, ""))

    def show(self, line: Line) -> None:
        """Prints the line of a stage."""
        if is_plain(self.console):
            print_line(self.console, Text(line.plain))
            return
        lead = self._head(line)
        width = min(self.console.width, WIDEST)
        if self.console.width < NARROW:
            if line.seconds is not None:
                print_line(self.console, lead)
            lead = Text(" " * INDENT) if line.seconds is not None else lead[:INDENT]
        for text in wrapped(line.text, width - lead.cell_len):
            printed = lead + Text(text)
            printed.rstrip()
            if printed:
                print_line(self.console, printed)
            lead = Text(" " * lead.cell_len)

    def _head(self, line: Line) -> Text:
        """The columns before a text; of the same width whether the stage runs or has ended."""
        mark = mark_of(self.console, line.state)
        widest = max(SHORTEST, len(line.name), *map(len, self._names))
        title = f" [{line.number}/{line.count}] {line.name:<{widest}} "
        took = "" if line.seconds is None else f"{line.seconds:6.1f} s  "
        if line.seconds is None:
            return mark + Text(" " * (len(title) + len(f"{0:6.1f} s  ")))
        return mark + Text(title + took)

    def _line(self, stage: str, state: State, seconds: float | None, text: str) -> Line:
        number = self._names.index(stage) + 1
        return Line(number, len(self._names), stage, state, seconds, text)

    def _running(self, stage: str) -> Line:
        steps = [step for _, step in sorted(self._steps.items())]
        shown = [step for step in steps if not step.is_done] or steps[-1:]
        text = "; ".join(self._doing(step).strip() for step in shown) or self._doing(stage)
        return self._line(stage, "running", time.monotonic() - self._begin, " ".join(text.split()))

    def _end(self) -> None:
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join()

    def _watch(self, stage: str, stop: threading.Event) -> None:
        if is_plain(self.console):
            while not stop.wait(QUIET_SECONDS):
                self.show(self._running(stage))
            return
        with self.console.status("") as status:
            while not stop.wait(REDRAW_SECONDS):
                status.update(self.running(self._running(stage)))

    def running(self, line: Line) -> Text:
        """What follows the spinner, which takes the place of the mark: one line, cut off at the edge."""
        text = self._head(line)[2:] + Text(line.text, "dim")
        text.truncate(min(self.console.width, WIDEST) - 3, overflow="ellipsis")
        return text


class Relay:
    """Shows the lines of a tf2exe that runs without a terminal, as it would on this one.

    Args:
        screen: shows stages on standard error.
        raw: pass standard output on as it is, such as JSON.
    """

    FACT = re.compile(r"( *\S[^:]*?  )(\S.*)")

    def __init__(self, screen: Screen, *, raw: bool = False) -> None:
        self._screen, self._raw = screen, raw
        self._output = new_console()
        self._status: Status | None = None

    def listener(self) -> Screen:
        """Observes the toolchain's preparation."""
        return self._screen

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Shows the current activity in the last line of the terminal while it runs."""
        console = self._screen.console
        if is_plain(console):
            yield
            return
        with console.status("Wine starts") as self._status:
            yield
        self._status = None

    def error_line(self, line: str) -> None:
        """A stage, or another line."""
        stage = Line.read(line)
        if stage is None:
            print_text(self._screen.console, line, hang=INDENT)
        elif stage.state == "running" and self._status is not None:
            self._status.update(self._screen.running(stage))
        else:
            self._screen.show(stage)

    def line(self, line: str) -> None:
        """A line of the result."""
        fact = self.FACT.fullmatch(line)
        if self._raw or is_plain(self._output):
            print(line, flush=True)  # noqa: T201 - the command's own
        elif fact:
            print_text(self._output, fact[2], head=fact[1])
        else:
            print_text(self._output, line)
