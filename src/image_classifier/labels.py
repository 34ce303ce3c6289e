"""The names of the model's classes: a text file, UTF-8, a name a line, in the order of its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from image_classifier.errors import LabelsError, reason

if TYPE_CHECKING:
    from pathlib import Path

MOST_CHARACTERS: Final = 1 << 24  # 16,000 labels of a thousand characters


def read_labels(path: Path) -> list[str]:
    """Reads the labels.

    Raises:
        LabelsError: The file is missing, unreadable or no text.
    """
    try:
        lines = _text(path).rstrip("\n").split("\n")
    except UnicodeDecodeError as error:
        raise LabelsError(
            f"the labels {path} are no UTF-8 text; save them as UTF-8, one label a line"
        ) from error
    except (OSError, ValueError) as error:
        raise LabelsError(f"the labels {path} cannot be read ({reason(error)}); check --labels") from error
    return [line.strip() for line in lines]


def _text(path: Path) -> str:
    """The whole file, unless it is too long: a device such as /dev/zero has no end."""
    with path.open(encoding="utf-8-sig") as file:
        text = file.read(MOST_CHARACTERS + 1)
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"there are more than {MOST_CHARACTERS} characters")
    return text


def check_labels(labels: list[str], classes: int, path: Path) -> None:
    """Makes sure that every class has its label.

    Raises:
        LabelsError: There are more or fewer labels than classes.
    """
    if len(labels) != classes:
        message = f"the labels {path} have {len(labels)} lines, the model has {classes} classes"
        raise LabelsError(f"{message}; give the labels of this model with --labels")
