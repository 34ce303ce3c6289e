"""How large an image may be, and how much of the memory one of them may take.

The limit on pixels holds before anything is decoded. Most of the memory for an image is its pixels, several
times: as the decoder holds them, as Pillow does (1 to 4 bytes each) and as RGB (4 bytes). Threads read small
images side by side; a large one waits until no other large one is read.
"""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from image_classifier.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

LARGEST_BYTES: Final = 1 << 30
LARGEST_PIXELS: Final = 178_956_970  # twice Pillow's warning limit, where Pillow itself refuses
MOST_THREADS: Final = 8  # that decode side by side
LARGEST_IN_PYTHON: Final = LARGEST_PIXELS // 8  # of what Pillow decodes in Python, at up to 1 us a pixel
DECODED_IN_PYTHON: Final = frozenset(("bmp_rle", "ppm", "ppm_plain"))
MOST_READS: Final = 1_000_000  # each part of a file costs Pillow some reads, and up to 150 bytes that stay
READS_A_PIXEL: Final = 4  # of what Pillow decodes in Python

_large = threading.RLock()


@contextmanager
def one_large_at_a_time(amount: int, largest: int) -> Iterator[None]:
    """Holds a large image back while another one is read, so that all threads take as much as one or two.

    Args:
        amount: Bytes or pixels of the image.
        largest: What it may have at most.
    """
    if amount <= largest // MOST_THREADS:
        yield
        return
    with _large:
        yield


class CountedReads(io.BytesIO):
    """A file in memory that ends the reading of countless parts.

    Attributes:
        left: How many reads are still allowed.
    """

    left = MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        """As of `io.BytesIO`.

        Raises:
            ImageError: There were too many reads.
        """
        self.left -= 1
        if self.left < 0:
            raise too_many("parts")
        return super().read(size)


def too_many(what: str) -> ImageError:
    """The error for a file that would keep a decoder busy."""
    return ImageError(
        "too-large", f"the file has too many {what} to be read in reasonable time; save it anew"
    )


def check_pixels(image: ImageFile, file: CountedReads) -> None:
    """Refuses an image for its size; it is opened, but nothing of it is decoded yet.

    Args:
        image: The image.
        file: What it is read from; gets the reads that decoding the image may need.

    Raises:
        ImageError: It has too many pixels.
    """
    pixels = image.width * image.height
    in_python = any(tile[0] in DECODED_IN_PYTHON for tile in image.tile)
    most = LARGEST_IN_PYTHON if in_python else LARGEST_PIXELS
    if pixels > most:
        size = f"{image.width} x {image.height}"
        raise ImageError("too-large", f"the image has {size} pixels; make it smaller than {most}")
    file.left = MOST_READS + (READS_A_PIXEL * pixels if in_python else 0)
