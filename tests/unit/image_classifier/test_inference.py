from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from image_classifier.errors import ImageError, LabelsError
from image_classifier.inference import ImageClassifier

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Reference = dict[str, NDArray[Any]]

TOLERANCE = 1e-5
"""Of a probability: the order of sums depends on the processor, the batch size and TensorFlow's routine."""
TOP = {
    "chelsea.png": ("tiger cat", 282, 0.41),
    "coffee.png": ("espresso", 967, 0.95),
    "camera.png": ("tripod", 872, 0.94),
    "rocket.jpg": ("missile", 657, 0.24),
}


@pytest.mark.parametrize("name", TOP)
def test_photographs_are_recognised(classifier: ImageClassifier, samples: Path, name: str) -> None:
    label, index, probability = TOP[name]
    best, *others = classifier.predict(samples / name)
    assert (best.label, best.index) == (label, index)
    assert best.probability == pytest.approx(probability, abs=0.005)
    assert [p.probability for p in others] == sorted((p.probability for p in others), reverse=True)


def test_preprocessing_is_the_reference(
    classifier: ImageClassifier, samples: Path, reference: Reference
) -> None:
    for name, expected in zip(reference["files"], reference["images"], strict=True):
        image = classifier.preprocess_image(samples / str(name))
        assert image.dtype == np.float32
        np.testing.assert_array_equal(image, expected[np.newaxis].astype(np.float32))


def test_probabilities_are_the_reference(classifier: ImageClassifier, reference: Reference) -> None:
    exponential = np.exp(reference["logits"] - reference["logits"].max(axis=1, keepdims=True))
    expected = exponential / exponential.sum(axis=1, keepdims=True)
    probabilities = classifier.predict_batch(reference["images"].astype(np.float32))
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=TOLERANCE)


def test_the_batch_size_changes_no_probability(classifier: ImageClassifier, reference: Reference) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (4, 224, 224, 3))
    images = np.concatenate([reference["images"], noise]).astype(np.float32)
    whole = classifier.predict_batch(images)
    for size in (1, 2, 4, 5):
        parts = [classifier.predict_batch(images[i : i + size]) for i in range(0, len(images), size)]
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=TOLERANCE)


def test_the_first_call_gives_the_probabilities_of_later_ones(samples: Path) -> None:
    fresh = ImageClassifier()
    image = fresh.preprocess_image(samples / "chelsea.png")
    first = fresh.predict_batch(image)  # computed eagerly
    later = fresh.predict_batch(image)  # computed by a traced function
    np.testing.assert_allclose(first, later, rtol=0, atol=TOLERANCE)


def test_top_is_limited_by_the_classes(classifier: ImageClassifier) -> None:
    assert len(classifier.most_probable(np.zeros(1000, np.float32), 5000)) == 1000


def test_equal_probabilities_keep_the_order_of_the_model(classifier: ImageClassifier) -> None:
    indices = [p.index for p in classifier.most_probable(np.full(1000, 0.001, np.float32), 3)]
    assert indices == [0, 1, 2]


def test_missing_image(classifier: ImageClassifier, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="does not exist") as caught:
        classifier.predict(tmp_path / "nothing.png")
    assert caught.value.code == "missing"


def test_labels_that_are_too_few(tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\n")
    with pytest.raises(LabelsError, match="2 lines, the model has 1000 classes"):
        ImageClassifier(labels_path=labels)
