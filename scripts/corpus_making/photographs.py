"""The photographs of `assets/samples` in the sizes and colour modes that the cases need."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLES = Path(__file__).resolve().parents[2] / "assets" / "samples"
NAMES = ("chelsea.png", "coffee.png", "rocket.jpg", "astronaut.png", "camera.png")


@cache
def photograph(name: str, width: int = 240) -> Image.Image:
    """A photograph in RGB, made as wide as asked for."""
    with Image.open(SAMPLES / name) as image:
        colour = image.convert("RGB")
    return colour.resize((width, round(colour.height * width / colour.width)), Image.Resampling.BICUBIC)


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """The same picture in another of Pillow's modes; alpha runs from left to right."""
    grey = np.asarray(image.convert("L"))
    if mode in {"LA", "La", "RGBA", "RGBa", "PA"}:
        alpha = np.broadcast_to(np.linspace(0, 255, image.width).astype(np.uint8), grey.shape)
        base = image.convert("L" if mode in {"LA", "La"} else "RGB")
        base.putalpha(Image.fromarray(np.ascontiguousarray(alpha)))
        return base if base.mode == mode else base.convert(mode)
    if mode.startswith("I;16"):
        wide = grey.astype(np.uint16) * 257
        return Image.fromarray(wide.astype(">u2" if mode == "I;16B" else "<u2"))
    if mode == "I":
        return Image.fromarray(grey.astype(np.int32) * 8_000_000 - 1_000_000_000)
    if mode == "F":
        return Image.fromarray(grey.astype(np.float32) / 127 - 1)
    if mode == "LAB":
        return Image.merge("LAB", image.split())
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
