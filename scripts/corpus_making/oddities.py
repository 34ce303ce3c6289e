"""Whole images that are unusual: sizes, animations, orientations, profiles, depths."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageCms

from corpus_making.photographs import NAMES, photograph, saved

if TYPE_CHECKING:
    from corpus_making.collection import Collection

SIZES = (
    (1, 1), (1, 2), (2, 1), (3, 3), (7, 5), (1, 5000), (5000, 1), (2, 4000), (4000, 3), (223, 223),
    (224, 224), (225, 225), (256, 256), (224, 5000), (3000, 224), (255, 257), (640, 481), (2000, 1500),
)  # fmt: skip
LARGE = (12_000, 9_000)
ORIENTATION = 0x0112


def add(collection: Collection) -> None:
    """Adds all of them."""
    _photographs(collection)
    _sizes(collection)
    _orientations(collection)
    _profiles(collection)
    _animations(collection)
    _depths(collection)


def _photographs(collection: Collection) -> None:
    for name in NAMES:
        for width in (320, 512):
            image = photograph(name, width)
            collection.image(f"photographs/{width}-{name}", saved(image, "PNG" if "png" in name else "JPEG"))


def _sizes(collection: Collection) -> None:
    for width, height in SIZES:
        image = photograph("coffee.png", 512).resize((width, height), Image.Resampling.BICUBIC)
        for kind, ending in (("PNG", "png"), ("JPEG", "jpg")):
            collection.image(f"sizes/{width}x{height}.{ending}", saved(image, kind))
    huge = photograph("rocket.jpg", 512).resize(LARGE, Image.Resampling.NEAREST)
    collection.image(f"sizes/{LARGE[0]}x{LARGE[1]}.jpg", saved(huge, "JPEG", quality=50))
    grey = huge.convert("L")
    collection.image(f"sizes/{LARGE[0]}x{LARGE[1]}.png", saved(grey, "PNG", compress_level=1))


def _orientations(collection: Collection) -> None:
    image = photograph("astronaut.png", 160).crop((0, 0, 160, 110))
    for kind, ending in (("JPEG", "jpg"), ("PNG", "png"), ("TIFF", "tif"), ("WEBP", "webp")):
        for value in (*range(10), 65535):
            exif = Image.Exif()
            exif[ORIENTATION] = value
            collection.image(f"orientation/{value}.{ending}", saved(image, kind, exif=exif))
    whole = Image.Exif()
    whole[ORIENTATION] = 6
    data = whole.tobytes()
    for label, exif_bytes in (
        ("cut", data[:-3]),
        ("empty", b"Exif\0\0"),
        ("random", b"Exif\0\0" + bytes(range(256))),
        (
            "other-order",
            b"Exif\0\0" + struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, 6, 0, 0),
        ),
        ("endless", b"Exif\0\0" + struct.pack("<2sHIH", b"II", 42, 8, 0xFFFF)),
    ):
        collection.image(f"orientation/exif-{label}.jpg", saved(image, "JPEG", exif=exif_bytes))


def _profiles(collection: Collection) -> None:
    image = photograph("coffee.png", 160)
    profiles = {
        "srgb": _profile("sRGB"),
        "lab": _profile("LAB"),
        "xyz": _profile("XYZ"),
        "none": b"",
        "garbage": bytes(range(256)) * 4,
        "cut": _profile("sRGB")[:100],
    }
    for label, profile in profiles.items():
        for kind, ending in (("JPEG", "jpg"), ("PNG", "png"), ("TIFF", "tif"), ("WEBP", "webp")):
            collection.image(f"profiles/{label}.{ending}", saved(image, kind, icc_profile=profile))
    collection.image("profiles/cmyk.jpg", saved(image.convert("CMYK"), "JPEG", icc_profile=profiles["srgb"]))


def _profile(name: str) -> bytes:
    """A profile without the time at which it was made."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes())  # type: ignore[arg-type]
    made[24:36] = struct.pack(">6H", 2020, 1, 1, 0, 0, 0)
    return bytes(made)


def _animations(collection: Collection) -> None:
    frames = [photograph(name, 128).resize((128, 96)) for name in NAMES]
    for kind, ending in (("GIF", "gif"), ("PNG", "png"), ("WEBP", "webp"), ("TIFF", "tif")):
        options: dict[str, object] = {"save_all": True, "append_images": frames[1:]}
        timed = options if kind == "TIFF" else {**options, "duration": 50}
        collection.image(f"animated/five.{ending}", saved(frames[0], kind, **timed))
    collection.image(
        "animated/default-image.png",
        saved(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=True),
    )
    for disposal in (0, 1, 2, 3):
        options = {"save_all": True, "append_images": frames[1:], "disposal": disposal, "transparency": 0}
        collection.image(f"animated/disposal-{disposal}.gif", saved(frames[0].convert("P"), "GIF", **options))
    icon = frames[0].resize((64, 64))
    sizes = [(16, 16), (32, 32), (64, 64)]
    collection.image("animated/several-sizes.ico", saved(icon, "ICO", sizes=sizes))
    collection.image("animated/several.mpo", saved(frames[0], "MPO", save_all=True, append_images=frames[1:]))


def _depths(collection: Collection) -> None:
    """PNG in every colour type and depth, plain and interlaced; Pillow does not write most of them."""
    grey = np.asarray(photograph("camera.png", 97).convert("L"))
    rgb = np.asarray(photograph("chelsea.png", 97))
    alpha = np.broadcast_to(np.linspace(0, 255, 97).astype(np.uint8), grey.shape)
    for depth in (1, 2, 4, 8, 16):
        collection.image(f"depths/grey-{depth}.png", _png(grey[..., None], depth, 0))
    for depth in (8, 16):
        collection.image(f"depths/grey-alpha-{depth}.png", _png(np.dstack([grey, alpha]), depth, 4))
        collection.image(f"depths/rgb-{depth}.png", _png(rgb, depth, 2))
        both = np.dstack([rgb, np.broadcast_to(alpha[: rgb.shape[0]], rgb.shape[:2])])
        collection.image(f"depths/rgba-{depth}.png", _png(both, depth, 6))
    for bits in (12, 16):
        big = (grey.astype(np.uint32) << (bits - 8)).astype(">u2")
        head = f"P5 {grey.shape[1]} {grey.shape[0]} {(1 << bits) - 1}\n".encode()
        collection.image(f"depths/grey-{bits}.pgm", head + big.tobytes())
        colour = (rgb.astype(np.uint32) << (bits - 8)).astype(">u2")
        head = f"P6 {rgb.shape[1]} {rgb.shape[0]} {(1 << bits) - 1}\n".encode()
        collection.image(f"depths/rgb-{bits}.ppm", head + colour.tobytes())


def _png(samples: np.ndarray, depth: int, colour_type: int) -> bytes:
    height, width = samples.shape[:2]
    if depth == 16:  # noqa: PLR2004 - bits
        rows = (samples.astype(np.uint16) * 257).astype(">u2").tobytes()
        row_bytes = width * samples.shape[2] * 2
    elif depth == 8:  # noqa: PLR2004 - bits
        rows, row_bytes = np.ascontiguousarray(samples).tobytes(), width * samples.shape[2]
    else:
        levels = samples[..., 0] >> (8 - depth)
        bits = (levels[..., None] >> np.arange(depth - 1, -1, -1)) & 1
        packed = np.packbits(bits.reshape(height, -1).astype(np.uint8), axis=1)
        rows, row_bytes = packed.tobytes(), packed.shape[1]
    raw = b"".join(b"\0" + rows[row_bytes * y : row_bytes * (y + 1)] for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))
