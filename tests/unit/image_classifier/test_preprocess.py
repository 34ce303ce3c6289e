from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from image_classifier.preprocess import centre_crop, preprocess

SIZES = st.tuples(st.integers(1, 5000), st.integers(1, 5000))


@pytest.mark.parametrize(
    ("image", "size", "expected"),
    [
        ((512, 512), (224, 224), (32, 32, 448, 448)),
        ((451, 300), (224, 224), (95, 19, 262, 262)),  # margins are rounded up
        ((640, 427), (224, 224), (134, 27, 373, 373)),
        ((256, 256), (112, 224), (16, 72, 224, 112)),
        ((1, 1), (224, 224), (0, 0, 1, 1)),
    ],
)
def test_centre_crop(
    image: tuple[int, int], size: tuple[int, int], expected: tuple[int, int, int, int]
) -> None:
    assert centre_crop(image, size) == expected


@given(image=SIZES, size=SIZES)
def test_crop_lies_in_the_middle_of_the_image(image: tuple[int, int], size: tuple[int, int]) -> None:
    left, top, width, height = centre_crop(image, size)
    assert width >= 1
    assert height >= 1
    assert 0 <= left - (image[0] - left - width) <= 1
    assert 0 <= top - (image[1] - top - height) <= 1


@pytest.mark.parametrize("image", [(1, 1), (3, 500), (500, 3), (40, 30)])
def test_images_of_any_size(image: tuple[int, int]) -> None:
    prepared = preprocess(Image.new("RGB", image, (1, 2, 3)), (20, 30))
    assert prepared.dtype == np.float32
    np.testing.assert_array_equal(prepared, np.full((20, 30, 3), [1, 2, 3], np.float32))
