"""Runs the program in this process and captures its streams, including the output of native code."""

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
    """The outcome of a command line.

    Attributes:
        code: The exit code; None if the program ended with an exception.
        stdout: Standard output.
        stderr: Standard error, and the traceback of the exception.
        seconds: Processor time of all threads.
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
    """Redirects standard output (1) or error (2) to a file, for Python and for native code."""
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
