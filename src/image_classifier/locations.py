"""Where the model, the labels and the golden answers are: found from the program's own place.

Never from the current folder: the executable gives the same answer wherever it is started.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from image_classifier.errors import LabelsError, ModelError

# The same model for LiteRT and for TensorFlow; an executable has the one that its runtime computes.
MODELS = (
    Path("assets", "model", "efficientnet_lite0.tflite"),
    Path("assets", "model", "efficientnet_lite0.keras"),
)
LABELS = Path("assets", "model", "imagenet_labels.txt")
GOLDEN = Path("golden")


def payload_folder() -> Path:
    """The folder that holds this package: in an executable its payload, in a checkout `src`."""
    return Path(__file__).resolve().parents[1]


def base_folders() -> list[Path]:
    """The folders that may hold `assets`, in the order in which they are tried.

    Beside the executable (what the user puts there wins), inside its payload; in Python the checkout, and
    before it what a build of an executable has converted, so that both compute the same model.
    """
    if "__compiled__" not in globals():  # Nuitka's mark; sys.executable would not be trustworthy
        converted = os.environ.get("TF2EXE_CONVERTED")
        # PyInstaller, which the comparison builds the program with, lays code and data into one folder.
        bundle: str | None = getattr(sys, "_MEIPASS", None)
        here = payload_folder().parent if bundle is None else Path(bundle)
        return [*([Path(converted)] if converted else []), here]
    # The launcher of a onefile executable unpacks the payload elsewhere and says where it itself is.
    started = os.environ.get("TF2EXE_EXECUTABLE")
    beside = [Path(started).resolve().parent] if started else []
    return [*beside, payload_folder()]


def default_model() -> Path:
    """Path of the bundled model.

    Raises:
        ModelError: It is in none of the places.
    """
    found = _find(*MODELS)
    if found is None:
        raise ModelError(f"no bundled model: {_searched(*MODELS)}; give one with --model")
    return found


def default_labels() -> Path:
    """Path of the labels of the bundled model.

    Raises:
        LabelsError: They are in none of the places.
    """
    found = _find(LABELS)
    if found is None:
        raise LabelsError(f"no bundled labels: {_searched(LABELS)}; give a file with --labels")
    return found


def golden_folder() -> Path:
    """Where a build puts its golden answers; the folder need not exist."""
    return payload_folder() / GOLDEN


def _find(*wanted: Path) -> Path | None:
    places = (base / path for base in base_folders() for path in wanted)
    return next((place for place in places if place.exists()), None)


def _searched(*wanted: Path) -> str:
    names = " or ".join(path.as_posix() for path in wanted)
    return f"{names} is missing in {' and '.join(str(base) for base in base_folders())}"
