"""A pool of daemon threads: an interrupted build does not wait for them."""

from __future__ import annotations

from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class DaemonThreadPool:
    """Runs functions in daemon threads.

    When the context ends, functions that have not started are dropped, and the others are not waited for.
    """

    def __init__(self, threads: int, begin: Callable[[], object] = lambda: None) -> None:
        """Starts the threads.

        Args:
            threads: their number.
            begin: a function that each of them calls first.
        """
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = threads
        for _ in range(threads):
            Thread(target=self._serve, args=(begin,), daemon=True).start()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Runs a function in the next free thread."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - the caller of result() gets it
                future.set_exception(error)

        self._work.put(run)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            while True:
                self._work.get_nowait()
        except Empty:
            for _thread in range(self._threads):
                self._work.put(None)

    def _serve(self, begin: Callable[[], object]) -> None:
        begin()
        for run in iter(self._work.get, None):
            run()
