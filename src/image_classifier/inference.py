"""The classifier as an object: loads once, predicts many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from image_classifier import locations, runtimes
from image_classifier.decode import read_image
from image_classifier.errors import ModelError
from image_classifier.labels import check_labels, read_labels
from image_classifier.timings import mark

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

ROUNDING = 1e-3  # how far a model's probabilities may be outside of 0..1, for models that compute in 16 bits


class Prediction(NamedTuple):
    """A class that an image may show.

    Attributes:
        label: Name of the class.
        index: Number of the class, from 0, in the order of the model's outputs.
        probability: As the model gives it, a float32 value.
    """

    label: str
    index: int  # type: ignore[assignment]  # hides a method of tuples that nobody needs
    probability: float


class ImageClassifier:
    """A model and its labels.

    Args:
        model_path: A `.tflite`, `.keras` or `.h5` file or a TensorFlow SavedModel folder; it takes RGB
            images, 0..255, and returns probabilities. The bundled EfficientNet-Lite0 when not given.
        labels_path: A text file with a label a line; the bundled ImageNet labels when not given.
        threads: How many compute the model, at most; one for each processor when not given.

    Attributes:
        labels: The names of the classes.
        input_size: Height and width in pixels of the images that the model takes.

    Raises:
        ModelError: The model is missing, no model, or no image classifier.
        LabelsError: The labels are missing, unreadable or not as many as the model's classes.
    """

    def __init__(
        self,
        model_path: str | os.PathLike[str] | None = None,
        labels_path: str | os.PathLike[str] | None = None,
        threads: int | None = None,
    ) -> None:
        model = locations.default_model() if model_path is None else Path(model_path)
        labels = locations.default_labels() if labels_path is None else Path(labels_path)
        runtimes.check_model(model)
        self.labels = read_labels(labels)
        self._runtime = runtimes.load(model, threads)
        check_labels(self.labels, self._runtime.classes, labels)
        mark("loaded")
        self.input_size = self._runtime.input_size

    def preprocess_image(self, image_path: str | os.PathLike[str]) -> NDArray[np.float32]:
        """Reads an image as the model takes it.

        Returns:
            RGB, 0..255, 1 x height x width x 3.

        Raises:
            ImageError: The file is missing, unreadable, damaged or no image.
        """
        return read_image(Path(image_path), self.input_size)[np.newaxis]

    def predict(self, image: str | os.PathLike[str] | NDArray[np.float32], top: int = 5) -> list[Prediction]:
        """Classifies one image.

        Args:
            image: Path of an image, or what `preprocess_image` returned.
            top: How many classes to return, at most.

        Returns:
            The most probable classes, the most probable first.

        Raises:
            ImageError: The file is missing, unreadable, damaged or no image.
            ModelError: The model gives no probabilities.
        """
        batch = image if isinstance(image, np.ndarray) else self.preprocess_image(image)
        return self.most_probable(self.predict_batch(batch)[0], top)

    def predict_batch(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Classifies many images at once.

        The bundled model gives the same bits for an image in a batch of any size.

        Args:
            batch: RGB, 0..255, N x height x width x 3, N at least 1.

        Returns:
            Probabilities, N x classes.

        Raises:
            ModelError: The model cannot take these images, or gives no probabilities.
        """
        probabilities = self._runtime.predict(batch)
        if not ((probabilities >= -ROUNDING) & (probabilities <= 1 + ROUNDING)).all():  # also finds NaN
            raise ModelError("the model gives values outside of 0..1; add a softmax layer as its last one")
        mark("predicted", len(batch))
        return probabilities

    def most_probable(self, probabilities: NDArray[np.float32], top: int) -> list[Prediction]:
        """Names the most probable classes; of equal ones the first in the model's order comes first.

        Args:
            probabilities: Of one image, one a class.
            top: How many classes to return, at most.
        """
        order: Sequence[int] = np.argsort(-probabilities, kind="stable")[:top].tolist()
        return [Prediction(self.labels[i], i, float(probabilities[i])) for i in order]
