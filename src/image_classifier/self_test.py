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
from typing import TYPE_CHECKING, Any, Final, cast

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
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if document["format"] != FORMAT_VERSION:
            raise ValueError(f"its format is {document['format']}")
        samples = [
            Sample(str(item["name"]), tuple(item["arguments"]), int(item["exit_code"]), str(item["stdout"]))
            for item in document["samples"]
        ]
        return Golden(float(document["tolerance"]), tuple(samples))
    except FileNotFoundError as error:
        raise NoGoldenAnswersError(
            "there are no golden answers to compare with; an executable built by tf2exe brings them"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoGoldenAnswersError(f"the golden answers cannot be read ({reason(error)}); build again") from error


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
    print_line = cast("Any", sys.stdout).write
    worst: float = 0.0
    different = 0
    with _copy(folder) as copy:
        for sample in golden.samples:
            exit_code, stdout = _replay(sample, copy, run)
            difference = compare(sample.stdout, stdout) if exit_code == sample.exit_code else None
            same = difference is not None and difference.largest <= golden.tolerance
            different += not same
            worst = max(worst, difference.largest if difference and same else 0.0)
            verdict = f"exit code {exit_code}, recorded {sample.exit_code}" if exit_code != sample.exit_code else (
                "differs" if difference is None else str(difference)
            )
            print_line(f"{one_line(sample.name)}: {'' if same else 'DIFFERS: '}{verdict}\n")
    print_line(f"{_verdict(different, worst, golden)}\n")
    return ExitCode.SELF_TEST_DIFFERS if different else ExitCode.OK
