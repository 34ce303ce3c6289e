"""Images in, answers out, in the same order: reads, batches, predicts."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from image_classifier.decode import decode_image, read_bytes, read_image
from image_classifier.errors import ImageError
from image_classifier.preprocess import preprocess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from image_classifier.inference import ImageClassifier, Prediction
    from image_classifier.inputs import ImageSource


class Answer(NamedTuple):
    """What is said about one image: its predictions, or the error that it has none.

    Attributes:
        name: The image as the user gave it.
        predictions: The most probable classes, the most probable first.
        error: Why there are none.
    """

    name: str
    predictions: tuple[Prediction, ...] = ()
    error: ImageError | None = None


def classify(
    sources: list[ImageSource], load: Callable[[], ImageClassifier], *, top: int, batch_size: int
) -> Iterator[Answer]:
    """Classifies images.

    Args:
        sources: The images.
        load: Gives the classifier; called when the first image could be read, or never.
        top: How many classes to name for an image.
        batch_size: How many images are predicted at once, at most.

    Yields:
        An answer for each image, in their order, as soon as its batch is computed.
    """
    remaining = iter(sources)
    for source in remaining:
        try:
            _refuse_early(source)
            first = decode_image(read_bytes(source.path))
        except ImageError as error:
            yield Answer(source.name, error=error)
            continue
        classifier = load()
        images = chain(
            [(source, preprocess(first, classifier.input_size))], _rest(remaining, classifier, batch_size)
        )
        yield from _answer_in_batches(images, classifier, top=top, batch_size=batch_size)


def _refuse_early(source: ImageSource) -> None:
    if source.error is not None:
        raise source.error


Read = tuple["ImageSource", "NDArray[np.float32] | ImageError"]


def _rest(sources: Iterator[ImageSource], classifier: ImageClassifier, batch_size: int) -> Iterator[Read]:
    def read(source: ImageSource) -> NDArray[np.float32]:
        _refuse_early(source)
        return read_image(source.path, classifier.input_size)

    second = next(sources, None)
    if second is not None:
        from image_classifier.read_ahead import read_ahead  # noqa: PLC0415  threads are dear for a lone image

        yield from read_ahead(read, chain([second], sources), ahead=batch_size)


def _answer_in_batches(
    images: Iterator[Read], classifier: ImageClassifier, *, top: int, batch_size: int
) -> Iterator[Answer]:
    """Collects images until a batch is full; images that could not be read wait with it for their turn."""
    waiting: list[Read] = []
    ready = 0
    for source, image in images:
        waiting.append((source, image))
        ready += not isinstance(image, ImageError)
        if ready == batch_size:
            yield from _answer(waiting, classifier, top)
            waiting, ready = [], 0
    yield from _answer(waiting, classifier, top)


def _answer(images: list[Read], classifier: ImageClassifier, top: int) -> Iterator[Answer]:
    batch = [image for _, image in images if not isinstance(image, ImageError)]
    rows = iter(classifier.predict_batch(np.stack(batch)) if batch else ())
    for source, image in images:
        if isinstance(image, ImageError):
            yield Answer(source.name, error=image)
        else:
            yield Answer(source.name, tuple(classifier.most_probable(next(rows), top)))
