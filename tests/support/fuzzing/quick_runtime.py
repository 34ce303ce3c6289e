"""A fast runtime (see `image_classifier.runtimes`) whose predictions depend on the pixels."""

from __future__ import annotations

import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np

from image_classifier import runtimes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SIDE: Final = 224
CLASSES: Final = 1000


class QuickRuntime:
    """Predicts a class from the checksum of the pixels. Asserts that a model could take the pixels."""

    input_size = (SIDE, SIDE)
    classes = CLASSES

    def predict(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `image_classifier.runtimes.Runtime`."""
        assert batch.dtype == np.float32
        assert batch.shape[1:] == (SIDE, SIDE, 3)
        assert batch.min() >= 0
        assert batch.max() <= 255  # also detects NaN
        answers = np.zeros((len(batch), CLASSES), np.float32)
        for row, image in zip(answers, batch, strict=True):
            checksum = zlib.crc32(np.ascontiguousarray(image).tobytes())
            row[checksum % CLASSES] = 0.5 + checksum / 2**33
        return answers


def load(path: Path, threads: int | None = None) -> QuickRuntime:
    """See `image_classifier.runtimes.load`."""
    assert path.exists()
    assert threads is None or threads > 0
    return QuickRuntime()


@contextmanager
def quick_models() -> Iterator[None]:
    """Uses this runtime for model files of all formats."""
    before = dict(runtimes.RUNTIMES)
    runtimes.RUNTIMES.update(dict.fromkeys(before, __name__))
    try:
        yield
    finally:
        runtimes.RUNTIMES.update(before)
