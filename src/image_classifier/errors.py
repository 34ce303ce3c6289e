"""Everything that can go wrong, each with the exit code that the documentation lists."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process answers to its caller; part of the interface, so never renumbered."""

    OK = 0
    USAGE = 2  # argparse's own
    IMAGE = 3
    MODEL = 4
    LABELS = 5
    OUTPUT = 6
    SELF_TEST_DIFFERS = 7
    NO_GOLDEN_ANSWERS = 8
    INTERRUPTED = 130  # 128 + SIGINT, as shells report it
    CLOSED_PIPE = 141  # 128 + SIGPIPE


class ClassifierError(Exception):
    """An error that the user can do something about; its text is one line: what, why, what to do."""

    exit_code = ExitCode.USAGE


class ImageError(ClassifierError):
    """One image could not be read; the other images are still answered.

    Attributes:
        code: A word for programs: missing, unreadable, empty, too-large, not-an-image, damaged, no-images.
    """

    exit_code = ExitCode.IMAGE

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ModelError(ClassifierError):
    """The model is missing, is no model, or is none that classifies images."""

    exit_code = ExitCode.MODEL


class LabelsError(ClassifierError):
    """The labels are missing, unreadable, or not as many as the model has classes."""

    exit_code = ExitCode.LABELS


class OutputError(ClassifierError):
    """The results could not be written."""

    exit_code = ExitCode.OUTPUT


class NoGoldenAnswersError(ClassifierError):
    """There is nothing that a self-test could replay."""

    exit_code = ExitCode.NO_GOLDEN_ANSWERS


def one_line(text: str) -> str:
    """Escapes what would break a line or reach the terminal as a command (file names may hold anything)."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def reason(error: BaseException) -> str:
    """The reason that an exception gives, in one line of a reasonable length.

    The operating system's words for an `OSError`, else the first line of its text, else its type.
    """
    longest = 200
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    line = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    return one_line(line if len(line) <= longest else line[:longest] + "...").rstrip(".")
