from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from image_classifier.classify import classify
from image_classifier.inputs import image_sources

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from image_classifier.inference import ImageClassifier


@pytest.mark.parametrize(("size", "batches"), [(1, [1, 1, 1, 1]), (2, [2, 2]), (3, [3, 1]), (32, [4])])
def test_batches_are_no_larger_than_asked_for(
    classifier: ImageClassifier,
    samples: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    batches: list[int],
) -> None:
    lengths = []
    predict_batch = classifier.predict_batch

    def count(batch: NDArray[Any]) -> NDArray[Any]:
        lengths.append(len(batch))
        return predict_batch(batch)

    monkeypatch.setattr(classifier, "predict_batch", count)
    photographs = [str(samples / name) for name in ("camera.png", "coffee.png", "rocket.jpg", "chelsea.png")]
    sources = image_sources(["missing", *photographs[:1], "missing", *photographs[1:], "missing"])
    answers = list(classify(sources, lambda: classifier, top=1, batch_size=size))
    assert lengths == batches
    assert [answer.name for answer in answers] == [source.name for source in sources]
    assert [answer.predictions[0].label for answer in answers if not answer.error] == [
        "tripod", "espresso", "missile", "tiger cat",
    ]  # fmt: skip
