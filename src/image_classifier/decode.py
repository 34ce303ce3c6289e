"""Image files to RGB, with Pillow; whatever is wrong with a file becomes an `ImageError`."""

from __future__ import annotations

import io
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

from image_classifier.colours import to_rgb, upright
from image_classifier.errors import ImageError, reason
from image_classifier.formats import open_image
from image_classifier.limits import (
    LARGEST_BYTES,
    LARGEST_PIXELS,
    CountedReads,
    check_pixels,
    one_large_at_a_time,
)
from image_classifier.parts import check_parts
from image_classifier.preprocess import preprocess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

PART: Final = 1 << 20  # bytes that are read at a time


def read_bytes(path: Path | None) -> bytes:
    """Reads an image file.

    Args:
        path: The file; None for standard input.

    Raises:
        ImageError: It is missing, unreadable, empty, or larger than `LARGEST_BYTES`.
    """
    try:
        content = _read_standard_input() if path is None else _read_file(path)
    except FileNotFoundError as error:
        raise ImageError("missing", "the file does not exist; check its name and folder") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        raise ImageError(
            "unreadable", f"the file cannot be read ({reason(error)}); check its permissions"
        ) from error
    except MemoryError as error:
        raise ImageError("too-large", "the file does not fit into memory; make the image smaller") from error
    if not content:
        raise ImageError("empty", "the file is empty; copy it again from where it came from")
    if len(content) > LARGEST_BYTES:
        raise ImageError(
            "too-large", f"the file is larger than {LARGEST_BYTES} bytes; make the image smaller"
        )
    return content


def _read_standard_input() -> bytes:
    if sys.stdin is None:
        raise ImageError("unreadable", "standard input is closed; give a file or pipe an image in")
    return _read(sys.stdin.buffer)


def _read_file(path: Path) -> bytes:
    mode = path.stat().st_mode
    # A device such as /dev/zero has no end; a pipe (a shell's <(...)) has one.
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise ImageError("unreadable", "this is a folder or a device; give an image file")
    with path.open("rb") as file:
        return _read(file)


def _read(file: BinaryIO) -> bytes:
    """All of it, or one byte more than is allowed.

    In parts: to read so much at once takes all that memory first, and only Linux gives it without having it.
    """
    content = io.BytesIO()
    while part := file.read(min(PART, LARGEST_BYTES + 1 - content.tell())):
        content.write(part)
    return content.getvalue()


def decode_image(content: bytes) -> Image:
    """Decodes an image file.

    Args:
        content: The file's bytes, in one of `formats.FORMATS`.

    Returns:
        The image, mode RGB, 8 bits a channel, turned upright.

    Raises:
        ImageError: It is no image, damaged, truncated or too large.
    """
    with _opened(content) as image:
        return to_rgb(upright(image))


def read_image(path: Path | None, size: tuple[int, int]) -> NDArray[np.float32]:
    """Reads an image as a model takes it; threads may do so side by side.

    Args:
        path: The file; None for standard input.
        size: Height and width in pixels that the model takes.

    Returns:
        RGB, 0..255, height x width x 3.

    Raises:
        ImageError: There is no image, or none that can be read.
    """
    with one_large_at_a_time(_bytes(path), LARGEST_BYTES), _opened(read_bytes(path)) as image:
        return preprocess(to_rgb(upright(image)), size)


def _bytes(path: Path | None) -> int:
    try:
        return LARGEST_BYTES if path is None else path.stat().st_size
    except (OSError, ValueError):  # reading it says why
        return 0


@contextmanager
def _opened(content: bytes) -> Iterator[ImageFile]:
    """A decoded image; errors of the block, too, become an `ImageError`."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  dear; not needed for a missing file

    # Pillow refuses at twice as many, also what it finds inside of an image; it warns at what we refuse.
    Image.MAX_IMAGE_PIXELS = LARGEST_PIXELS
    try:
        check_parts(content)
        file = CountedReads(content)
        with open_image(file) as image:
            check_pixels(image, file)
            with one_large_at_a_time(image.width * image.height, LARGEST_PIXELS):
                image.load()
                yield image
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(
            "not-an-image", "the file is no image of a known format; convert it to PNG or JPEG"
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(
            "too-large", f"the image has more than {LARGEST_PIXELS} pixels; make it smaller"
        ) from error
    except MemoryError as error:
        raise ImageError("too-large", "the image does not fit into memory; make it smaller") from error
    except Exception as error:  # Pillow's plugins raise errors of any type for damaged files
        raise ImageError(
            "damaged",
            f"the image is damaged or truncated ({reason(error)}); copy it again from where it came from",
        ) from error
