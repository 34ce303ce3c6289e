"""Shows which stage runs, for how long and at what; plain lines where there is no terminal."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

QUIET_SECONDS = 5.0
"""Without a terminal a line appears at least this often."""

WIDEST_DETAIL = 100


class Progress:
    """The only place of the builder that writes to the terminal while it works (standard error)."""

    def __init__(self, console: Console, stages: int, *, quiet: bool = False) -> None:
        self.console, self.stages, self.quiet = console, stages, quiet
        self.seconds: dict[str, float] = {}
        self._number = 0
        self._detail = self._result = ""
        self._notes: list[str] = []
        self._begin = 0.0

    @contextmanager
    def stage(self, name: str, question: str) -> Iterator[None]:
        """Marks a stage; closes it with a tick and its seconds."""
        self._number += 1
        self._detail = question
        self._begin = time.monotonic()
        stop = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(name, stop), daemon=True)
        watcher.start()
        try:
            yield
        except BaseException:
            self._stop(watcher, stop)
            self._say(f"[red]✗[/red] {self._title(name)} after {time.monotonic() - self._begin:.1f} s")
            raise
        self._stop(watcher, stop)
        self.seconds[name] = time.monotonic() - self._begin
        took = f"{self.seconds[name]:6.1f} s"
        self._say(f"[green]✓[/green] {self._title(name):<16} {took}  {escape(self._result)}")

    def _title(self, name: str) -> str:
        return escape(f"[{self._number}/{self.stages}] {name}")

    def one_more_stage(self) -> None:
        """It turns out that there will be another stage."""
        self.stages += 1

    def so_far(self, stage: str) -> dict[str, float]:
        """The seconds of the stages that are done, and of the one that runs now under its name."""
        return {**self.seconds, stage: time.monotonic() - self._begin}

    def detail(self, text: str) -> None:
        """What is being done now."""
        self._detail = text.strip()[:WIDEST_DETAIL]

    def bytes_of(self, what: str) -> Callable[[int, int], None]:
        """Gives what takes how many bytes are done, and of how many."""
        return lambda done, total: self.detail(f"{what} {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    def result(self, text: str) -> None:
        """What the stage found, shown when it closes."""
        self._result = text

    def note(self, text: str) -> None:
        """What the user should know, in a line of its own below the stage's."""
        self._notes.append(text)

    def _say(self, line: str) -> None:
        if not self.quiet:
            for text in (line, *(f"  {escape(note)}" for note in self._notes)):
                self.console.print(text, highlight=False, soft_wrap=True)
        self._result = ""
        self._notes.clear()

    def _stop(self, watcher: threading.Thread, stop: threading.Event) -> None:
        stop.set()
        watcher.join()

    def _watch(self, name: str, stop: threading.Event) -> None:
        if self.quiet:
            return
        if not self.console.is_terminal:
            while not stop.wait(QUIET_SECONDS):
                elapsed = time.monotonic() - self._begin
                line = f"  {self._title(name)}: {elapsed:.0f} s, {escape(self._detail)}"
                self.console.print(line, highlight=False, soft_wrap=True)
            return
        with self.console.status("") as status:
            while not stop.wait(0.1):
                elapsed = time.monotonic() - self._begin
                status.update(f"{self._title(name)} [dim]{elapsed:5.1f} s  {escape(self._detail)}[/dim]")
