"""Keeps start-up chatter of TensorFlow and LiteRT off standard error, and nothing else.

`TF_CPP_MIN_LOG_LEVEL` does not reach the information lines that TensorFlow 2.21 logs while it is imported
("All log messages before absl::InitializeLog() ..."), and LiteRT has no switch for "INFO: Created TensorFlow
Lite XNNPACK delegate for CPU": only filtering the file descriptor does.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVEL: Final = "TF_CPP_MIN_LOG_LEVEL"
SHOW_ALL: Final = "0"
STANDARD_ERROR: Final = 2
PATIENCE: Final = 5.0  # seconds; a child process that was left behind could keep the pipe open
CHATTER: Final = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\)|I\d{4} \d\d:\d\d:\d\d|INFO: "
)


@contextmanager
def without_chatter() -> Iterator[None]:
    """Drops information lines of native code from standard error; warnings and errors pass at once.

    The user sees everything after setting `TF_CPP_MIN_LOG_LEVEL=0`: a crash in native code could take lines
    with it that still are in the pipe.
    """
    if os.environ.setdefault(LEVEL, "1") == SHOW_ALL:
        yield
        return
    try:
        original = os.dup(STANDARD_ERROR)
    except OSError:  # standard error is closed
        yield
        return
    read_end, write_end = os.pipe()
    os.dup2(write_end, STANDARD_ERROR)
    os.close(write_end)
    thread = threading.Thread(target=_forward, args=(read_end, original), daemon=True)
    thread.start()
    try:
        yield
    finally:
        if sys.stderr is not None:
            with suppress(OSError, ValueError):
                sys.stderr.flush()
        os.dup2(original, STANDARD_ERROR)  # closes the last writer, so that the thread comes to an end
        thread.join(PATIENCE)
        os.close(original)


def _forward(read_end: int, original: int) -> None:
    with suppress(OSError), os.fdopen(read_end, "rb", closefd=True) as lines:
        for line in lines:
            if not CHATTER.match(line):
                os.write(original, line)
