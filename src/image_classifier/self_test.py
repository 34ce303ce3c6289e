"""Replays the golden answers that the build recorded, and says whether this machine gives the same."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from image_classifier.compare_answers import compare
from image_classifier.errors import ExitCode, NoGoldenAnswersError, one_line, reason
from image_classifier.output import UNENCODABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FILE: Final = "golden.json"
FORMAT_VERSION: Final = 1


@dataclass(frozen=True)
class Sample:
    """A command line and what Python answered to it when the executable was built."""

    name: str
    arguments: tuple[str, ...]
    exit_code: int
    stdout: str


@dataclass(frozen=True)
class Golden:
    """All samples of a build.

    Attributes:
        tolerance: How far a probability may be off on another machine.
        samples: What is replayed.
    """

    tolerance: float
    samples: tuple[Sample, ...]


def read_golden(folder: Path) -> Golden:
    """Reads what a build recorded.

    Raises:
        NoGoldenAnswersError: It recorded nothing, or nothing that this version understands.
    """
    try:
        return _golden(json.loads((folder / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise NoGoldenAnswersError(
            "there are no golden answers to compare with; an executable built by tf2exe brings them"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoGoldenAnswersError(
            f"the golden answers cannot be read ({reason(error)}); build again"
        ) from error


def _golden(document: dict[str, Any]) -> Golden:
    if document["format"] != FORMAT_VERSION:
        raise ValueError(f"their format is {document['format']}, not {FORMAT_VERSION}")
    samples = [
        Sample(str(item["name"]), tuple(item["arguments"]), int(item["exit_code"]), str(item["stdout"]))
        for item in document["samples"]
    ]
    return Golden(float(document["tolerance"]), tuple(samples))


def self_test(folder: Path, run: Callable[[Sequence[str]], int]) -> int:
    """Replays the samples of a build and prints a line for each, and a verdict.

    Args:
        folder: Holds `golden.json` and the files that the samples name.
        run: Runs a command line in this process and returns its exit code.

    Returns:
        The exit code: OK when all answers are the same or within the tolerance.

    Raises:
        NoGoldenAnswersError: There is nothing to replay.
    """
    golden = read_golden(folder)
    outcomes = []
    with _copied(folder) as copy:
        for sample in golden.samples:
            outcome = _judge(sample, *_replay(sample, copy, run), golden.tolerance)
            outcomes.append(outcome)
            _say(f"{one_line(sample.name)}: {outcome.words}")
    _say(_verdict(outcomes, golden.tolerance))
    return ExitCode.OK if all(outcome.same for outcome in outcomes) else ExitCode.SELF_TEST_DIFFERS


@dataclass(frozen=True)
class Outcome:
    """How one sample went.

    Attributes:
        same: Whether the answer is the recorded one, or within the tolerance.
        identical: Whether it is the recorded one to the byte.
        words: The same, for people.
    """

    same: bool
    identical: bool
    words: str


def _judge(sample: Sample, exit_code: int, stdout: str, tolerance: float) -> Outcome:
    if exit_code != sample.exit_code:
        words = f"differs: exit code {exit_code}, recorded was {sample.exit_code}"
        return Outcome(same=False, identical=False, words=words)
    difference = compare(sample.stdout, stdout)
    if difference is None:
        return Outcome(same=False, identical=False, words="differs in more than probabilities")
    same = difference.largest <= tolerance
    prefix = "" if difference.identical else "within tolerance: " if same else "differs: "
    return Outcome(same, difference.identical, f"{prefix}{difference}")


def _verdict(outcomes: list[Outcome], tolerance: float) -> str:
    total = len(outcomes)
    same = sum(outcome.same for outcome in outcomes)
    identical = sum(outcome.identical for outcome in outcomes)
    if identical == total:
        return f"This machine answers exactly as recorded: {total} of {total} samples identical."
    if same == total:
        within = f"{identical} of {total} samples identical, the others within {tolerance:g}"
        return f"This machine answers as recorded: {within}."
    return (
        f"This machine answers DIFFERENTLY: {total - same} of {total} samples are not within {tolerance:g}."
    )


def _say(line: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


@contextlib.contextmanager
def _copied(folder: Path) -> Iterator[Path]:
    """The samples in a folder of their own, because they may write files where nothing may be written."""
    with tempfile.TemporaryDirectory(prefix="image-classifier-") as temporary:
        yield Path(shutil.copytree(folder, Path(temporary, folder.name)))


def _replay(sample: Sample, folder: Path, run: Callable[[Sequence[str]], int]) -> tuple[int, str]:
    """Runs a sample as if it were a process of its own in a folder.

    Returns:
        Its exit code and what it wrote to standard output.
    """
    out, err = _captured(), _captured()
    before = Path.cwd()
    stdin = sys.stdin
    os.chdir(folder)
    sys.stdin = _captured()  # the samples were recorded without any input
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            exit_code = run(sample.arguments)
    finally:
        sys.stdin = stdin
        os.chdir(before)
    if exit_code == ExitCode.INTERRUPTED:  # the user means the whole self-test
        raise KeyboardInterrupt
    out.flush()
    return exit_code, out.buffer.getvalue().decode("utf-8")


class _Captured(io.TextIOWrapper):
    """A stream like the standard ones of the program, in memory."""

    buffer: io.BytesIO


def _captured() -> _Captured:
    return _Captured(io.BytesIO(), encoding="utf-8", errors=UNENCODABLE, newline="\n")
