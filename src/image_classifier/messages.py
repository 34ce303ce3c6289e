"""What is told to people, on standard error: one line a message, and progress when somebody watches."""

from __future__ import annotations

import sys
from contextlib import suppress

from image_classifier.errors import one_line

MANY_IMAGES = 10
ERASE = "\r\x1b[K"


class Messages:
    """Standard error of one run.

    Args:
        program: Name that each message begins with.
        images: How many images there are; progress is shown for many.
    """

    def __init__(self, program: str, images: int = 0) -> None:
        self._program = program
        self._images = images
        self._shows_progress = images >= MANY_IMAGES and sys.stderr is not None and sys.stderr.isatty()

    def error(self, text: str) -> None:
        """Says what is wrong, in one line."""
        self.clear()
        self._write(f"{self._program}: error: {one_line(text)}\n")

    def image_error(self, name: str, error: Exception) -> None:
        """Says why an image has no answer, in one line."""
        self.error(f"{name}: {error}")

    def progress(self, done: int) -> None:
        """Shows how many images are answered."""
        if self._shows_progress:
            self._write(f"{ERASE}{done} of {self._images} images")

    def clear(self) -> None:
        """Takes the progress away, so that results or messages can be printed in its place."""
        if self._shows_progress:
            self._write(ERASE)

    @staticmethod
    def _write(text: str) -> None:
        if sys.stderr is None:
            return
        with suppress(OSError, ValueError):  # nobody is left who could be told
            sys.stderr.write(text)
            sys.stderr.flush()
