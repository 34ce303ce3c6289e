"""Cancellation of child processes from another thread."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tf2exe.system.process_tree import ProcessTree


class CancellationToken:
    """Ends all programs that were started with it: those that run, and those that start later."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_cancelled = False
        self._attached: list[ProcessTree] = []

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._is_cancelled

    def cancel(self) -> None:
        """Ends the attached programs; programs that are attached later end at once."""
        with self._lock:
            self._is_cancelled = True
            for tree in self._attached:
                tree.kill()

    @contextmanager
    def attach(self, tree: ProcessTree) -> Iterator[None]:
        """Until the context ends, `cancel` ends the program."""
        with self._lock:
            self._attached.append(tree)
            if self._is_cancelled:
                tree.kill()
        try:
            yield
        finally:
            with self._lock:
                self._attached.remove(tree)
