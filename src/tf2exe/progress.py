"""Shows which stage runs, for how long and at what; plain lines where there is no terminal."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.markup import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        self._detail = ""
        self._begin = 0.0

    @contextmanager
    def stage(self, name: str, question: str) -> Iterator[None]:
        """Marks a stage; closes it with a tick and its seconds."""
        self._number += 1
        self._detail = question
        self._begin = time.monotonic()
        title = f"[{self._number}/{self.stages}] {name}"
        stop = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(title, stop), daemon=True)
        watcher.start()
        try:
            yield
        except BaseException:
            self._stop(watcher, stop)
            self._say(f"[red]✗[/red] {escape(title)} after {time.monotonic() - self._begin:.1f} s")
            raise
        self._stop(watcher, stop)
        self.seconds[name] = time.monotonic() - self._begin
        self._say(f"[green]✓[/green] {escape(title):<16} {self.seconds[name]:6.1f} s  {escape(self._result)}")

    def so_far(self, stage: str) -> dict[str, float]:
        """The seconds of the stages that are done, and of the one that runs now under its name."""
        return {**self.seconds, stage: time.monotonic() - self._begin}

    def detail(self, text: str) -> None:
        """What is being done now."""
        self._detail = text.strip()[:WIDEST_DETAIL]

    def result(self, text: str) -> None:
        """What the stage found, shown when it closes."""
        self._result = text

    _result = ""

    def _say(self, line: str) -> None:
        if not self.quiet:
            self.console.print(line, highlight=False, soft_wrap=True)
        self._result = ""

    def _stop(self, watcher: threading.Thread, stop: threading.Event) -> None:
        stop.set()
        watcher.join()

    def _watch(self, title: str, stop: threading.Event) -> None:
        if self.quiet:
            return
        if not self.console.is_terminal:
            while not stop.wait(QUIET_SECONDS):
                elapsed = time.monotonic() - self._begin
                self.console.print(
                    escape(f"  {title}: {elapsed:.0f} s, {self._detail}"), highlight=False, soft_wrap=True
                )
            return
        with self.console.status("") as status:
            while not stop.wait(0.1):
                elapsed = time.monotonic() - self._begin
                status.update(f"{escape(title)} [dim]{elapsed:5.1f} s  {escape(self._detail)}[/dim]")
