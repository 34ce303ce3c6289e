"""Being told to end: by `kill`, `timeout`, a cancelled job, a terminal that is closed."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Terminated(KeyboardInterrupt):
    """Raised in the main thread, so that what was started ends, too, and nothing half-made stays."""


@contextmanager
def heeded() -> Iterator[None]:
    """Until the context ends such a signal raises `Terminated`; one that is ignored (`nohup`) stays so.

    Must be called in the main thread.
    """
    heard = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in heard:
        signal.signal(number, _terminate)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, signal.SIG_DFL)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise Terminated(signal.Signals(number).name)
