"""The processes that a program starts: finds, counts, suspends and kills them."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from tf2exe.system import host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

RUN_VARIABLE = "TF2EXE_RUN"
"""The environment variable that every process of a contained run inherits; its value names the run."""

MAX_PROCESSES = max(64, 4 * (os.cpu_count() or 1))
"""Processes that a contained program may have at a time. Pools start several for each processor."""

MAX_CHAIN = 8
"""Processes of the program's own file that may start one another in a chain. Half of what the launcher allows
(launchers/interpreter/generation.h), so that a build sees the chain before the launcher ends it."""

RESTART_REASON = "inside an executable sys.executable is the program, and running it starts the program again"
RESTART_REMEDY = (
    "start other programs by their own path (multiprocessing works as in Python), "
    "or use a sample with fewer processes"
)
"""Why a program has too many processes, and what to do, for a message."""

KILL_TIMEOUT = 10.0
"""Seconds that killed processes get to end."""


class ProcessTree:
    """A program and all of its descendants, including those in other sessions.

    Processes are found by their parents. A process whose parents have ended is found if an earlier search
    found it, by its session, or by `RUN_VARIABLE` in its environment.
    """

    def __init__(self, program: int, mark: str = "") -> None:
        """Starts from a process that its parent has not waited for yet.

        Args:
            program: its process ID. If it leads a session (POSIX), all of the session belongs to it.
            mark: the value of `RUN_VARIABLE` in its environment; empty: it has none.
        """
        self._session = program
        self._mark = mark
        self._known: set[psutil.Process] = set()
        self._suspended: set[psutil.Process] = set()
        try:
            self._program: psutil.Process | None = psutil.Process(program)
            self._begin = self._program.create_time()
        except psutil.Error:  # Windows forgets a process as soon as it has ended
            self._program, self._begin = None, time.time() - 1.0

    def find_running(self) -> set[psutil.Process]:
        """The running descendants, without the program itself."""
        seen: set[psutil.Process] = set()
        for process in (self._program, *self._known):
            if process is not None and process not in seen:
                with suppress(psutil.Error):
                    seen.update(process.children(recursive=True))
        self._known = {process for process in self._known | seen if is_running(process)}
        return self._known

    def exceeded_limit(self) -> str:
        """The limit that the program exceeds, for a message; empty: none."""
        running = self.find_running()
        if len(running) >= MAX_PROCESSES:
            return f"started more than {MAX_PROCESSES} processes at a time"
        if len(running) >= MAX_CHAIN and self._chain(running) > MAX_CHAIN:
            return f"started itself in a chain of more than {MAX_CHAIN} processes"
        return ""

    def suspend(self) -> None:
        """Suspends all processes until `resume` is called."""
        self._suspend(lambda: self._with_program(self.find_running()))

    def resume(self) -> None:
        """Lets all suspended processes run again."""
        for process in self._suspended:
            with suppress(psutil.Error):
                process.resume()
        self._suspended = set()

    def kill(self) -> None:
        """Kills all processes and waits until they have ended; the parent still has to wait for the program.

        They are suspended first, so that none starts another process meanwhile.
        """
        self._suspend(lambda: self._with_program({*self.find_running(), *self._orphans()}))
        for process in self._suspended:
            with suppress(psutil.Error):
                process.kill()
        deadline = time.monotonic() + KILL_TIMEOUT
        while any(map(is_running, self._suspended)) and time.monotonic() < deadline:
            time.sleep(0.005)

    def _suspend(self, find: Callable[[], set[psutil.Process]]) -> None:
        while new := find() - self._suspended:
            for process in new:
                with suppress(psutil.Error):
                    process.suspend()
            self._suspended |= new

    def _with_program(self, processes: set[psutil.Process]) -> set[psutil.Process]:
        program = self._program
        return {program, *processes} if program is not None and is_running(program) else processes

    def _orphans(self) -> Iterator[psutil.Process]:
        """Processes without a living parent in the tree, among those that started after the program."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.create_time() >= self._begin and self._is_ours(process) and is_running(process):
                    yield process

    def _is_ours(self, process: psutil.Process) -> bool:
        with suppress(AttributeError, OSError):  # Windows has no sessions of this kind
            if os.getsid(process.pid) == self._session:
                return True
        return bool(self._mark) and process.environ().get(RUN_VARIABLE) == self._mark

    def _chain(self, running: Iterable[psutil.Process]) -> int:
        """The largest number of processes of the program's own file above one another."""
        if self._program is None:
            return 0
        own, parents, files = self._program, dict[int, int](), dict[int, str]()
        for process in (own, *running):
            with suppress(psutil.Error):
                parents[process.pid], files[process.pid] = process.ppid(), process.exe()
        longest = 0
        for process in running:
            number, length = process.pid, 0
            while number in parents:
                length += files.get(number) == files.get(own.pid)
                number = parents[number] if number != own.pid else 0
            longest = max(longest, length)
        return longest


def is_running(process: psutil.Process) -> bool:
    """Whether a process has not ended; one that its parent has not waited for has ended."""
    with suppress(psutil.Error):
        is_zombie = not host.IS_WINDOWS and process.status() == psutil.STATUS_ZOMBIE
        return process.is_running() and not is_zombie
    return False
