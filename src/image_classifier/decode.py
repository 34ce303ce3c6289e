"""Image files to RGB, with Pillow.

Orientation (EXIF) is applied, transparency is laid over white, 16 bits are scaled to 8, of an animation the
first frame is taken. Colour profiles are not applied.
"""

from __future__ import annotations

import io
import stat
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from image_classifier.errors import ImageError, reason

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

# Twice Pillow's warning limit, where Pillow itself refuses: 512 MiB as RGB.
LARGEST_PIXELS: Final = 178_956_970
LARGEST_BYTES: Final = 1 << 30
ORIENTATION: Final = 0x0112  # the EXIF tag
# Pillow's plugins raise all of these for damaged files.
DAMAGE: Final = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, KeyError, IndexError, AttributeError,
    ArithmeticError, AssertionError, NotImplementedError, RuntimeError, struct.error,
)  # fmt: skip


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
    return sys.stdin.buffer.read(LARGEST_BYTES + 1)


def _read_file(path: Path) -> bytes:
    mode = path.stat().st_mode
    # A device such as /dev/zero has no end; a pipe (a shell's <(...)) has one.
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise ImageError("unreadable", "this is a folder or a device; give an image file")
    with path.open("rb") as file:
        return file.read(LARGEST_BYTES + 1)


def decode_image(content: bytes) -> Image:
    """Decodes an image file.

    Args:
        content: The file's bytes, in any format that Pillow reads.

    Returns:
        The image, mode RGB, 8 bits a channel, turned upright.

    Raises:
        ImageError: It is no image, damaged, truncated or of more than `LARGEST_PIXELS` pixels.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  dear; not needed for a missing file

    Image.MAX_IMAGE_PIXELS = (
        None  # our own limit below: Pillow's warns first, for which threads have no filter
    )
    try:
        with _opened(content) as image:
            if image.width * image.height > LARGEST_PIXELS:
                size = f"{image.width} x {image.height}"
                raise ImageError(
                    "too-large", f"the image has {size} pixels; make it smaller than {LARGEST_PIXELS}"
                )
            image.load()
            return _to_rgb(_upright(image))
    except UnidentifiedImageError as error:
        raise ImageError(
            "not-an-image", "the file is no image that Pillow reads; convert it to PNG or JPEG"
        ) from error
    except MemoryError as error:
        raise ImageError("too-large", "the image does not fit into memory; make it smaller") from error
    except DAMAGE as error:
        raise ImageError(
            "damaged",
            f"the image is damaged or truncated ({reason(error)}); copy it again from where it came from",
        ) from error


def _opened(content: bytes) -> Image:
    """Opens an image with the plugin of its format; `Image.open` loads at least five, which takes 5 ms."""
    from PIL import Image as Pillow  # noqa: PLC0415  as above

    stream = io.BytesIO(content)
    with suppress(*DAMAGE):  # then nothing but `Image.open` knows what it is
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415  as above

            return PngImageFile(stream)
        if content.startswith(b"\xff\xd8\xff"):
            from PIL.JpegImagePlugin import jpeg_factory  # noqa: PLC0415  as above

            return jpeg_factory(stream)
    return Pillow.open(io.BytesIO(content))


def _upright(image: Image) -> Image:
    """Applies the EXIF orientation (Pillow has done so already for TIFF, and then forgotten the tag)."""
    from PIL.Image import Transpose  # noqa: PLC0415  as above

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        turn = turns.get(image.getexif().get(ORIENTATION, 1))
    except DAMAGE:  # damaged metadata do not make a good image bad
        return image
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image) -> Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.has_transparency_data:
        return _over_white(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _over_white(image: Image) -> Image:
    from PIL import Image as Pillow  # noqa: PLC0415  as above

    # Pillow converts premultiplied alpha (La, RGBa) only to its plain partner.
    plain = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode)).convert("RGBA")
    white = Pillow.new("RGBA", plain.size, "white")
    return Pillow.alpha_composite(white, plain).convert("RGB")


def _eight_bits(image: Image) -> Image:
    """Scales grey of more than 8 bits: of 16 from 0..65535, of more from its own least to greatest value."""
    from PIL import Image as Pillow  # noqa: PLC0415  as above

    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    low, high = _range(image, values)
    scaled = np.clip((values - low) * (255.0 / (high - low)), 0, 255)
    return Pillow.fromarray(np.rint(scaled).astype(np.uint8)).convert("RGB")


def _range(image: Image, values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    # Pillow opens 16-bit PGM with the mode of 32 bits, but scaled to 16.
    if image.mode.startswith("I;16") or image.format == "PPM":
        return 0.0, 65535.0
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (0.0, 255.0)
