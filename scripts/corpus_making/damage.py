"""Files that are no whole images: truncated, changed, of another kind than their name says, bombs."""

from __future__ import annotations

import random
import struct
import zlib
from typing import TYPE_CHECKING

from PIL import Image, features

from corpus_making.formats import OPTIONAL
from corpus_making.oddities import chunk
from corpus_making.photographs import in_mode, photograph, saved

if TYPE_CHECKING:
    from corpus_making.collection import Collection

KINDS: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    ("PNG", "png", "RGB", {}),
    ("JPEG", "jpg", "RGB", {}),
    ("JPEG", "progressive.jpg", "RGB", {"progressive": True}),
    ("GIF", "gif", "P", {}),
    ("BMP", "bmp", "RGB", {}),
    ("TIFF", "tif", "RGB", {"compression": "tiff_lzw"}),
    ("WEBP", "webp", "RGB", {}),
    ("JPEG2000", "jp2", "RGB", {}),
    ("AVIF", "avif", "RGB", {"speed": 9, "max_threads": 1}),
    ("TGA", "tga", "RGB", {"compression": "tga_rle"}),
    ("PPM", "ppm", "RGB", {}),
    ("ICO", "ico", "RGBA", {}),
)
PARTS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
HEADS = (1, 4, 12, 26)
FLIPS = 6


def add(collection: Collection) -> None:
    """Adds all of them."""
    for kind, ending, mode, options in KINDS:
        if kind in OPTIONAL and not features.check(OPTIONAL[kind]):
            continue
        whole = saved(in_mode(photograph("coffee.png", 150), mode), kind, **options)
        _truncated(collection, whole, ending)
        _changed(collection, whole, ending)
    _misnamed(collection)
    _no_images(collection)
    _bombs(collection)


def _truncated(collection: Collection, whole: bytes, ending: str) -> None:
    for size in HEADS:
        collection.image(f"truncated/first-{size}.{ending}", whole[:size])
    for part in PARTS:
        collection.image(
            f"truncated/{part:.0%}.{ending}".replace("%", "-percent"), whole[: int(len(whole) * part)]
        )
    collection.image(f"truncated/without-the-last.{ending}", whole[:-1])
    collection.image(f"truncated/with-more.{ending}", whole + b"more" * 50)


def _changed(collection: Collection, whole: bytes, ending: str) -> None:
    chance = random.Random(ending)  # noqa: S311 - the same places every time
    for number in range(FLIPS):
        changed = bytearray(whole)
        for _ in range(1 + number):
            place = chance.randrange(len(whole) if number % 2 else 64)
            changed[place] ^= 1 << chance.randrange(8)
        collection.image(f"changed/{number}.{ending}", bytes(changed))


def _misnamed(collection: Collection) -> None:
    image = photograph("rocket.jpg", 150)
    for kind, ending in (
        ("JPEG", "png"),
        ("PNG", "jpg"),
        ("PNG", "txt"),
        ("JPEG", "keras"),
        ("GIF", "tiff"),
        ("TIFF", "webp"),
        ("BMP", "JPG"),
        ("WEBP", "gif"),
        ("PPM", "exe"),
    ):
        collection.image(f"misnamed/{kind.lower()}.{ending}", saved(image, kind))


def _no_images(collection: Collection) -> None:
    archive = zlib.compress(b"text" * 100)
    for name, content in {
        "empty.png": b"",
        "empty.jpg": b"",
        "space.png": b" ",
        "newline.txt": b"\n",
        "text.txt": "Ein Text, keine Fotografie: äöü\n".encode(),
        "text.jpg": b"this is no photograph\n" * 40,
        "zeros.png": bytes(4096),
        "ones.jpg": b"\xff" * 4096,
        "page.html": b"<!DOCTYPE html><html><body><img src='x.png'></body></html>\n",
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>\n",
        "program.py": b"print('hello')\n",
        "binary.exe": b"MZ" + bytes(200),
        "binary": b"\x7fELF\x02\x01\x01" + bytes(200),
        "archive.zip": b"PK\x03\x04" + archive,
        "archive.gz": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + archive,
        "document.pdf": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n",
        "sound.wav": b"RIFF\x24\0\0\0WAVEfmt " + bytes(24),
        "film.mp4": struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + bytes(64),
        "only-the-magic.png": b"\x89PNG\r\n\x1a\n",
        "only-the-magic.gif": b"GIF89a",
        "only-the-magic.tif": b"II*\0",
        "only-the-magic.bmp": b"BM",
        "only-the-magic.webp": b"RIFF\x04\0\0\0WEBP",
        "only-the-magic.psd": b"8BPS",
        "only-the-magic.ico": b"\0\0\1\0",
        "no-size.png": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 0, 8, 2, 0, 0, 0)),
        "no-data.png": b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0))
        + chunk(b"IEND", b""),
    }.items():
        collection.image(f"no-images/{name}", content)


def _bombs(collection: Collection) -> None:
    """Files whose few bytes promise, or hold, far too many pixels."""

    def claimed(width: int, height: int, data: bytes = b"") -> bytes:
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")

    zeros = zlib.compress(bytes(20_000_000), 9)
    collection.image("bombs/claims-50000x50000.png", claimed(50_000, 50_000))
    collection.image("bombs/claims-2-31.png", claimed(2**31 - 1, 2**31 - 1))
    collection.image("bombs/claims-1x2-31.png", claimed(1, 2**31 - 1))
    collection.image("bombs/just-below-the-limit.png", claimed(13_377, 13_377, zeros))
    collection.image("bombs/more-data-than-pixels.png", claimed(10, 10, zeros))
    one_bit = Image.new("1", (20_000, 20_000))
    collection.image("bombs/20000x20000.png", saved(one_bit, "PNG"))
    collection.image("bombs/60000x60000.gif", b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + b"\0\0\0;")
    text = zlib.compress(bytes(50_000_000), 9)
    png = saved(photograph("coffee.png", 64), "PNG")
    bomb = chunk(b"zTXt", b"Comment\0\0" + text)
    collection.image("bombs/text-chunk.png", png[:33] + bomb + png[33:])
    collection.image("bombs/profile-chunk.png", png[:33] + chunk(b"iCCP", b"x\0\0" + text) + png[33:])
    collection.image(
        "bombs/claims-65535x65535.bmp",
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 70, 0, 0, 54, 40, 65_535, 65_535, 1, 24, 0, 0, 0, 0, 0, 0),
    )
    tiff = struct.pack("<2sHIH", b"II", 42, 8, 3)
    for tag, value in ((256, 100_000), (257, 100_000), (273, 8)):
        tiff += struct.pack("<HHII", tag, 4, 1, value)
    collection.image("bombs/claims-100000x100000.tif", tiff + struct.pack("<I", 0))
