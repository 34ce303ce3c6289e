"""Ctrl-C ends the program at once, whatever it is doing.

Libraries swallow a `KeyboardInterrupt`, or report it as a failed import, while they are being loaded; the
program would go on, or end with a traceback. So it is not left to an exception.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # `typing` would take longer to load than all the rest of this
if TYPE_CHECKING:
    from pathlib import Path
    from typing import NoReturn

INTERRUPTED = 130  # as shells report it
unfinished: set[Path] = set()
"""Files that are being written, and must not stay behind."""


def end_when_interrupted() -> None:
    """From here on an interruption ends the process, unless whoever started it wants none."""
    if signal.getsignal(signal.SIGINT) in (signal.default_int_handler, signal.SIG_DFL):
        signal.signal(signal.SIGINT, _end)


def _end(_number: int, _frame: object) -> NoReturn:
    for path in unfinished:
        try:
            path.unlink()
        except OSError:  # it is gone already, or cannot be removed
            continue
    os._exit(INTERRUPTED)  # what was printed has been flushed; what is still computing is not waited for
