"""Checks that hold for every outcome, whatever the images are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from image_classifier.errors import ExitCode, one_line

if TYPE_CHECKING:
    from fuzzing.call import Outcome

ERROR_CODES: Final = frozenset((
    "missing", "unreadable", "empty", "too-large", "not-an-image", "damaged", "no-images",
))  # fmt: skip
EXIT_CODES: Final = frozenset(code.value for code in ExitCode)
LONGEST: Final = 500  # characters of a message
OF_THE_MOMENT: Final = re.compile(r" at 0x[0-9a-f]+|<_io|/tmp/|Traceback")
PREFIX: Final = "image-classifier: error: "


def complaints_about_images(names: list[str], outcome: Outcome) -> list[str]:
    """Lists what is wrong with the outcome of `NAME... --format jsonl`; empty if nothing is."""
    stdout, stderr = outcome.stdout.decode(), outcome.stderr.decode(errors="backslashreplace")
    try:
        lines = [json.loads(line) for line in stdout.splitlines()]
    except ValueError as error:
        return [f"standard output is no JSON lines: {error}"]
    found = []
    if [line["image"] for line in lines] != names:
        found.append(f"{len(lines)} answers for {len(names)} images, or in another order")
    errors = [line for line in lines if "error" in line]
    expected = ExitCode.IMAGE if errors else ExitCode.OK
    if outcome.code != expected:
        found.append(f"exit code {outcome.code}, not {expected.value}")
    messages = [f"{PREFIX}{one_line(line['image'])}: {one_line(line['error']['message'])}" for line in errors]
    if stderr.splitlines() != messages:
        surplus = [line for line in stderr.splitlines() if line not in messages]
        found.append(f"standard error is not a line for each bad image, but has {surplus[-3:]}")
    return found + [complaint for line in lines for complaint in _about_answer(line)]


def _about_answer(line: dict[str, Any]) -> list[str]:
    if "error" in line:
        code, message = line["error"]["code"], line["error"]["message"]
        found = [] if code in ERROR_CODES else [f"error code {code} is not documented"]
        if len(message) > LONGEST or message != one_line(message) or OF_THE_MOMENT.search(message):
            found.append(f"the message is not clear: {message!r}")
        return found
    probabilities = [prediction["probability"] for prediction in line["predictions"]]
    good = probabilities == sorted(probabilities, reverse=True) and all(0 <= p <= 1 for p in probabilities)
    return [] if good and probabilities else [f"odd probabilities: {probabilities[:5]}"]


def complaints_about_command_line(outcome: Outcome) -> list[str]:
    """Lists what is wrong with the outcome of any command line; empty if nothing is."""
    found = [] if outcome.code in EXIT_CODES else [f"exit code {outcome.code} is not documented"]
    stderr = outcome.stderr.decode(errors="backslashreplace")
    lines = stderr.splitlines()
    usage = outcome.code == ExitCode.USAGE and stderr.startswith("usage: image-classifier ")
    if usage:
        lines = lines[-1:]
    odd = [line for line in lines if not line.startswith(PREFIX) or line != one_line(line)]
    if odd:
        found.append(f"standard error has {odd[:3]}")
    if bool(outcome.code) != bool(lines):
        found.append(f"exit code {outcome.code} with {len(lines)} messages")
    return found
