"""Draws the icon: a photograph of mountains and sun in a frame, with the chevron of a command line on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

SIZE: Final = 256
OVERSAMPLED: Final = 4  # drawn larger and reduced, for smooth edges
ICO_SIZES: Final = [(16, 16), (24, 24), (32, 32), (48, 48), (64, 64), (128, 128), (256, 256)]

FRAME: Final = "#f7f4ee"
SKY_TOP: Final = (255, 146, 76)
SKY_BOTTOM: Final = (255, 212, 138)
SUN: Final = "#fff3d6"
FAR: Final = "#c0566b"
NEAR: Final = "#3b2e58"
PROMPT: Final = "#ffffff"


def draw_icon() -> Image.Image:
    """The icon, RGBA, 256 x 256."""
    scale = SIZE * OVERSAMPLED
    picture = _sky(scale)
    draw = ImageDraw.Draw(picture)

    def points(*units: tuple[int, int]) -> list[tuple[int, int]]:
        return [(x * OVERSAMPLED, y * OVERSAMPLED) for x, y in units]

    draw.ellipse(points((150, 48), (206, 104)), fill=SUN)
    draw.polygon(
        points((0, 190), (92, 88), (150, 152), (186, 116), (256, 190), (256, 256), (0, 256)), fill=FAR
    )
    draw.polygon(
        points((0, 216), (64, 160), (128, 204), (190, 166), (256, 214), (256, 256), (0, 256)), fill=NEAR
    )
    width = 13 * OVERSAMPLED
    draw.line(points((52, 182), (78, 204), (52, 226)), fill=PROMPT, width=width, joint="curve")
    draw.line(points((92, 226), (130, 226)), fill=PROMPT, width=width)

    icon = Image.new("RGBA", (scale, scale), (0, 0, 0, 0))
    icon.paste(Image.new("RGB", (scale, scale), FRAME), mask=_rounded(scale, margin=4, radius=52))
    icon.paste(picture, mask=_rounded(scale, margin=16, radius=40))
    return icon.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def _sky(scale: int) -> Image.Image:
    gradient = Image.linear_gradient("L").resize((scale, scale))
    return Image.composite(
        Image.new("RGB", (scale, scale), SKY_BOTTOM), Image.new("RGB", (scale, scale), SKY_TOP), gradient
    )


def _rounded(scale: int, *, margin: int, radius: int) -> Image.Image:
    mask = Image.new("L", (scale, scale), 0)
    low, high = margin * OVERSAMPLED, (SIZE - margin) * OVERSAMPLED
    ImageDraw.Draw(mask).rounded_rectangle((low, low, high, high), radius * OVERSAMPLED, fill=255)
    return mask


def write_icons(folder: Path) -> None:
    """Writes `icon.png` and, for Windows, `icon.ico` in all usual sizes."""
    icon = draw_icon()
    icon.save(folder / "icon.png", optimize=True)
    icon.save(folder / "icon.ico", sizes=ICO_SIZES)
