"""When the program reached which point of its start, for whoever measures it (`tf2exe compare`).

Costs a look at the environment where nobody asks. The clock is the system's, the same in all processes, so
that whoever started this one can tell how long it took to get here.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Final

VARIABLE: Final = "TF2EXE_TIMINGS"
"""Names the file that marks are added to."""

BEGIN: Final = time.perf_counter_ns()
"""This module is imported before all others of the program, but the small one that ends it."""


def mark(name: str, count: int = 1, *, at: int | None = None) -> None:
    """Adds a line to the file of marks, if one is asked for: name, nanoseconds, count.

    Args:
        name: ``started``, ``imported``, ``loaded`` or ``predicted``.
        count: How many images were predicted.
        at: The moment; now when not given.
    """
    file = os.environ.get(VARIABLE)
    if not file:
        return
    moment = time.perf_counter_ns() if at is None else at
    with suppress(OSError), open(file, "a", encoding="utf-8") as out:  # noqa: PTH123 - pathlib costs more
        out.write(f"{name} {moment} {count}\n")
