"""The formats of images that are read, and how a file of one is opened: nothing of it is decoded then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from image_classifier.errors import ImageError
from image_classifier.quiet import silence_pillow

if TYPE_CHECKING:
    from io import BytesIO

    from PIL.ImageFile import ImageFile

# Not all that Pillow reads: some formats start programs (EPS: Ghostscript), hold images that are decoded
# before their size is known (ICO, ICNS), or no photographs. Those that Pillow loads first stand first.
FORMATS: Final = (
    "JPEG", "PNG", "GIF", "BMP", "PPM", "DIB", "WEBP", "TIFF", "AVIF", "JPEG2000", "TGA",
)  # fmt: skip


def open_image(file: BytesIO) -> ImageFile:
    """Opens an image with the plugin of its format.

    Raises:
        Exception: Of any type, as Pillow's plugins do; `PIL.UnidentifiedImageError` for no image.
    """
    image = _opened_alone(file)
    if image is None:
        from PIL import Image  # noqa: PLC0415  dear; not needed for a missing file

        silence_pillow()
        image = Image.open(file, formats=FORMATS)
    return image


def _opened_alone(file: BytesIO) -> ImageFile | None:
    """PNG and JPEG without other formats' plugins: `Image.open` loads at least five, which takes 5 ms."""
    start = file.read(8)
    file.seek(0)
    try:
        if start == b"\x89PNG\r\n\x1a\n":
            from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415  as above

            return PngImageFile(file)
        if start[:3] == b"\xff\xd8\xff":
            from PIL.JpegImagePlugin import jpeg_factory  # noqa: PLC0415  as above

            return jpeg_factory(file)
    except ImageError:
        raise
    except Exception:  # noqa: BLE001  only `Image.open` knows whether that means damage or no image
        file.seek(0)
    return None
