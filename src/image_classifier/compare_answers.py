"""How far two results for the same command line are apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """What is different although the results say the same.

    Attributes:
        identical: Whether not a byte is different.
        largest: The largest difference between two probabilities of the same class of the same image.
        same_top: Whether each image has the same most probable class.
    """

    identical: bool
    largest: float = 0.0
    same_top: bool = True

    def __str__(self) -> str:
        """For people, in a few words."""
        if self.identical:
            return "identical"
        top = "the same" if self.same_top else "another"
        return f"largest difference of a probability {self.largest:.1e}, {top} most probable class"


def compare(expected: str, actual: str) -> Difference | None:
    """Compares two results.

    Args:
        expected: What is right.
        actual: What is judged.

    Returns:
        The difference; None when they cannot be compared, or something else than probabilities is different.
    """
    if expected == actual:
        return Difference(identical=True)
    try:
        return _compare_documents(_documents(expected), _documents(actual))
    except (ValueError, TypeError, KeyError):  # no JSON, or none of ours
        return None


def _documents(text: str) -> list[dict[str, Any]]:
    """The images of a JSON document or of JSON lines."""
    try:
        images: list[dict[str, Any]] = json.loads(text)["images"]
    except (ValueError, KeyError):
        # Not `splitlines`: a file's name may hold what that takes for the end of a line (U+2028).
        images = [json.loads(line) for line in text.removesuffix("\n").split("\n")]
    return images


def _compare_documents(expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> Difference | None:
    if [_without_predictions(image) for image in expected] != [
        _without_predictions(image) for image in actual
    ]:
        return None
    largest, same_top = 0.0, True
    for one, other in zip(expected, actual, strict=True):
        if "predictions" in one:
            there, here = _probabilities(one), _probabilities(other)
            largest = max(largest, _largest(there, here))
            same_top = same_top and next(iter(there)) == next(iter(here))
    return Difference(identical=False, largest=largest, same_top=same_top)


def _without_predictions(image: dict[str, Any]) -> dict[str, Any]:
    return {key: value if key != "predictions" else len(value) for key, value in image.items()}


def _probabilities(image: dict[str, Any]) -> dict[tuple[int, str], float]:
    return {(item["index"], item["label"]): float(item["probability"]) for item in image["predictions"]}


def _largest(expected: dict[tuple[int, str], float], actual: dict[tuple[int, str], float]) -> float:
    """A class that only one of the two names was not more probable than the last one of the other."""
    lowest_expected, lowest_actual = min(expected.values()), min(actual.values())
    classes = expected.keys() | actual.keys()
    return max(abs(expected.get(c, lowest_expected) - actual.get(c, lowest_actual)) for c in classes)
