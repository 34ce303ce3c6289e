"""Signal handlers for SIGTERM and SIGHUP: `kill`, `timeout`, a cancelled job, a closed terminal."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


class Terminated(KeyboardInterrupt):
    """Raised in the main thread; programs are killed and incomplete files removed, as after Ctrl-C."""


@contextmanager
def raise_on_termination() -> Iterator[None]:
    """Until the context ends, SIGTERM and SIGHUP raise `Terminated`.

    A signal that is ignored (`nohup`) stays ignored. Must be called in the main thread.
    """
    handled = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in handled:
        signal.signal(number, _terminate)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise Terminated(signal.Signals(number).name)
