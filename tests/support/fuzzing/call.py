"""The program in this process, with streams of its own that also see what native code writes."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from image_classifier.command_line import main

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Outcome:
    """What a command line gave.

    Attributes:
        code: The exit code; None when the program ended with an exception.
        stdout: All of standard output.
        stderr: All of standard error, and the traceback of that exception.
        seconds: Of processor time, in all threads.
    """

    code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float


def call(arguments: list[str], stdin: bytes = b"") -> Outcome:
    """Runs the program once."""
    before = time.process_time()
    with ExitStack() as stack:
        sys.stdin = stack.enter_context(_input(stdin))
        out, err = (stack.enter_context(_output(number)) for number in (1, 2))
        code: int | None = None
        try:
            code = main(arguments)
        except BaseException:  # noqa: BLE001  whatever it is, it is what is looked for
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        stdout, stderr = (os.pread(number, 1 << 26, 0) for number in (out, err))
    return Outcome(code, stdout, stderr, time.process_time() - before)


@contextmanager
def _input(content: bytes) -> Iterator[TextIO]:
    before = sys.stdin
    try:
        yield io.TextIOWrapper(io.BytesIO(content))
    finally:
        sys.stdin = before


@contextmanager
def _output(number: int) -> Iterator[int]:
    """Standard output (1) or error (2) into a file, for Python and for native code."""
    name = {1: "stdout", 2: "stderr"}[number]
    before = getattr(sys, name)
    before.flush()
    kept = os.dup(number)
    with tempfile.TemporaryFile() as file, open(number, "w", encoding="utf-8", closefd=False) as stream:
        os.dup2(file.fileno(), number)
        setattr(sys, name, stream)
        try:
            yield number
        finally:
            stream.flush()
            setattr(sys, name, before)
            os.dup2(kept, number)
            os.close(kept)
