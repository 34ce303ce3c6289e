"""An RGB image to what the model takes: EfficientNet's evaluation preprocessing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

# Of the short side 224 parts of 256 are looked at, as in the evaluation of EfficientNet-Lite (TensorFlow TPU
# project, efficientnet/preprocessing.py, CROP_PADDING = 32), which also rounds the margins up.
KEPT: Final = 224
WHOLE: Final = 256


def preprocess(image: Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """Crops the centre and resizes it, bicubic.

    Args:
        image: Mode RGB, of any size.
        size: Height and width in pixels that the model takes.

    Returns:
        RGB, 0..255, height x width x 3.
    """
    from PIL.Image import Resampling  # noqa: PLC0415  dear; not needed for a missing file

    left, top, width, height = centre_crop(image.size, size)
    crop = image.crop((left, top, left + width, top + height))
    return np.asarray(crop.resize((size[1], size[0]), Resampling.BICUBIC), dtype=np.float32)


def centre_crop(image: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of an image that the model sees: the largest of the model's shape, less its margin.

    Args:
        image: Width and height of the image.
        size: Height and width that the model takes.

    Returns:
        Left, top, width, height, in pixels.
    """
    (width, height), (model_height, model_width) = image, size
    if width * model_height <= height * model_width:  # the image is narrower than the model
        crop_width = width * KEPT // WHOLE
        crop_height = width * model_height * KEPT // (model_width * WHOLE)
    else:
        crop_width = height * model_width * KEPT // (model_height * WHOLE)
        crop_height = height * KEPT // WHOLE
    crop_width, crop_height = max(crop_width, 1), max(crop_height, 1)
    return (width - crop_width + 1) // 2, (height - crop_height + 1) // 2, crop_width, crop_height
