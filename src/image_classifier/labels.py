"""The names of the model's classes: a text file, UTF-8, a name a line, in the order of its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from image_classifier.errors import LabelsError, reason

if TYPE_CHECKING:
    from pathlib import Path


def read_labels(path: Path) -> list[str]:
    """Reads the labels.

    Raises:
        LabelsError: The file is missing, unreadable or no text.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").rstrip("\n").split("\n")
    except UnicodeDecodeError as error:
        raise LabelsError(
            f"the labels {path} are no UTF-8 text; save them as UTF-8, one label a line"
        ) from error
    except (OSError, ValueError) as error:
        raise LabelsError(f"the labels {path} cannot be read ({reason(error)}); check --labels") from error
    return [line.strip() for line in lines]


def check_labels(labels: list[str], classes: int, path: Path) -> None:
    """Makes sure that every class has its label.

    Raises:
        LabelsError: There are more or fewer labels than classes.
    """
    if len(labels) != classes:
        message = f"the labels {path} have {len(labels)} lines, the model has {classes} classes"
        raise LabelsError(f"{message}; give the labels of this model with --labels")
