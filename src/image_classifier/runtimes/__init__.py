"""What computes the model. A further runtime is one module in this folder and one row in `RUNTIMES`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, Protocol, cast

from image_classifier.errors import ModelError, reason

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class Runtime(Protocol):
    """A loaded model that classifies images.

    Attributes:
        input_size: Height and width in pixels of the images that the model takes.
        classes: Number of the model's classes.
    """

    input_size: tuple[int, int]
    classes: int

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Classifies images.

        Args:
            batch: RGB, 0..255, N x height x width x 3, N at least 1.

        Returns:
            Probabilities, N x classes.
        """
        ...


# What a model's file name ends with, and the module that loads it; a folder has no ending. The modules are
# imported when a model of theirs is really loaded, because importing TensorFlow takes seconds.
RUNTIMES: Final = {
    ".tflite": "image_classifier.runtimes.litert",
    ".keras": "image_classifier.runtimes.tensorflow",
    ".h5": "image_classifier.runtimes.tensorflow",
    ".hdf5": "image_classifier.runtimes.tensorflow",
    "": "image_classifier.runtimes.tensorflow",
}


def check_model(path: Path) -> str:
    """Tells which module loads a model, from its name alone.

    Raises:
        ModelError: There is no such file, or no runtime for it.
    """
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError as error:
        raise ModelError(f"the model {path} cannot be read ({error.strerror})") from error
    if not exists:
        raise ModelError(f"the model {path} does not exist; check --model")
    ending = "" if is_folder else path.suffix
    if ending not in RUNTIMES or (not is_folder and not ending):
        known = ", ".join(known for known in RUNTIMES if known)
        raise ModelError(f"the model {path} is of no known kind; give {known} or a SavedModel folder")
    return RUNTIMES[ending]


def load(path: Path, threads: int | None = None) -> Runtime:
    """Loads a model with the runtime that its name asks for.

    Args:
        path: The model.
        threads: How many compute it, at most; one for each processor when not given.

    Raises:
        ModelError: It is missing, no model, no image classifier, or its runtime is not here.
    """
    name = check_model(path)
    try:
        return cast("Runtime", importlib.import_module(name).load(path, threads))
    except ModuleNotFoundError as error:
        runtime = name.rpartition(".")[2]
        raise ModelError(
            f"the model {path} needs the runtime {runtime}, which is not here ({reason(error)}); "
            f"give a model of another kind, or build with --runtime {runtime}"
        ) from error
