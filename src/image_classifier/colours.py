"""A decoded image of any colour mode to an upright one in RGB, 8 bits a channel.

Orientation (EXIF) is applied, transparency is laid over white, more than 8 bits are scaled to 8. Colour
profiles are not applied. Conversions go block by block: as a whole they would take several times the memory
of the image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL.Image import Image

ORIENTATION: Final = 0x0112  # the EXIF tag
SIDE: Final = 2048  # of a block, in pixels


def upright(image: Image) -> Image:
    """Applies the EXIF orientation (Pillow has done so already for TIFF, and then forgotten the tag)."""
    from PIL.Image import Transpose  # noqa: PLC0415  dear; not needed for a missing file

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
    except Exception:  # noqa: BLE001  damaged metadata raise anything, and do not make a good image bad
        return image
    return image if turn is None else image.transpose(turn)


def to_rgb(image: Image) -> Image:
    """Converts an image to RGB."""
    from PIL import Image as Pillow  # noqa: PLC0415  as above

    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    grey = _Grey(image) if image.mode.startswith("I") or image.mode == "F" else None
    rgb = Pillow.new("RGB", image.size)
    for box in _blocks(image):
        block = image.crop(box)
        rgb.paste(_over_white(block) if grey is None else grey.scaled(block), box[:2])
    return rgb


def _blocks(image: Image) -> Iterator[tuple[int, int, int, int]]:
    for top in range(0, image.height, SIDE):
        for left in range(0, image.width, SIDE):
            yield left, top, min(left + SIDE, image.width), min(top + SIDE, image.height)


def _over_white(image: Image) -> Image:
    from PIL import Image as Pillow  # noqa: PLC0415  as above

    if not image.has_transparency_data:
        return image.convert("RGB")
    # Pillow converts premultiplied alpha (La, RGBa) only to its plain partner.
    plain = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode)).convert("RGBA")
    white = Pillow.new("RGBA", plain.size, "white")
    return Pillow.alpha_composite(white, plain).convert("RGB")


class _Grey:
    """Grey of more than 8 bits: of 16 from 0..65535, of more from its own least to greatest finite value."""

    def __init__(self, image: Image) -> None:
        # Pillow opens 16-bit PGM with the mode of 32 bits, but scaled to 16.
        if image.mode.startswith("I;16") or image.format == "PPM":
            self.low, self.high = 0.0, 65535.0
            return
        finite = [block[np.isfinite(block)] for block in map(_values, map(image.crop, _blocks(image)))]
        low = min((float(block.min()) for block in finite if block.size), default=0.0)
        high = max((float(block.max()) for block in finite if block.size), default=0.0)
        self.low, self.high = (low, high) if high > low else (0.0, 255.0)

    def scaled(self, image: Image) -> Image:
        from PIL import Image as Pillow  # noqa: PLC0415  as above

        scaled = np.clip((_values(image) - self.low) * (255.0 / (self.high - self.low)), 0, 255)
        return Pillow.fromarray(np.rint(scaled).astype(np.uint8)).convert("RGB")


def _values(image: Image) -> NDArray[np.float64]:
    """What is no number counts as 0; infinities stay, and are cut off later."""
    with np.errstate(invalid="ignore"):  # of which there are kinds that NumPy warns of
        values: NDArray[Any] = np.asarray(image).astype(np.float64)
    values[np.isnan(values)] = 0
    return values
