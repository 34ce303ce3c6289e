"""Crafted files, found by fuzzing or made by hand, each with the expected result of the program."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from fuzzing.seeds import COLOUR, saved, seeds, tiled_tiff
from image_classifier import limits, parts

LARGE = 13_400  # its square is more than the limit, but less than twice the limit
HUGE = 60_000
READS = limits.MOST_READS


@dataclass(frozen=True)
class Crafted:
    """A crafted file.

    Attributes:
        content: Its bytes.
        code: The expected error code; None if the file is a valid image.
    """

    content: bytes
    code: str | None


def tiff(*entries: tuple[int, int, int, int | bytes], pixels: bytes = bytes(256)) -> bytes:
    """A grey 16 x 16 TIFF with more entries: tag, type, count, value (bytes are stored at an offset)."""
    usual: list[tuple[int, int, int, int | bytes]] = [
        (256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, pixels),
        (277, 3, 1, 1), (278, 4, 1, 16), (279, 4, 1, len(pixels)),
    ]  # fmt: skip
    tags = {entry[0]: entry for entry in (*usual, *entries)}
    place = 8 + 2 + 12 * len(tags) + 4
    rows, elsewhere = b"", b""
    for tag, kind, count, value in sorted(tags.values()):
        number = value if isinstance(value, int) else place + len(elsewhere)
        elsewhere += b"" if isinstance(value, int) else value
        rows += struct.pack("<HHII", tag, kind, count, number)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + bytes(4) + elsewhere


def _directory_of(content: bytes, place: int) -> bytes:
    """The first directory of a TIFF, to be stored at another offset."""
    (entries,) = struct.unpack_from("<H", content, 8)
    rows = [struct.unpack_from("<HHII", content, 10 + 12 * row) for row in range(entries)]
    after = content[10 + 12 * entries :]
    moved = [
        struct.pack("<HHII", *row[:3], row[3] + place - 8 if row[3] >= 10 + 12 * entries else row[3])
        for row in rows
    ]
    return struct.pack("<H", entries) + b"".join(moved) + after


def numbers_in_metadata(count: int) -> bytes:
    """A TIFF whose EXIF directory has a tag of many fractions."""
    place = 8 + 2 + 12 * 10 + 4
    exif = _directory_of(tiff((40000, 5, count, bytes(8 * count))), place)
    return tiff((34665, 4, 1, exif))


def many_scans(count: int) -> bytes:
    """A progressive JPEG that repeats its last scan many times."""
    image = saved(COLOUR, "JPEG", progressive=True)
    scan = image[image.rindex(b"\xff\xda") : -2]
    return image[:-2] + scan * (count - image.count(b"\xff\xda")) + image[-2:]


def many_items(count: int) -> bytes:
    """An AVIF with many unreferenced items."""
    image = seeds()["avif"]["colour"]
    start = image.index(b"iinf") - 4
    end = start + int.from_bytes(image[start : start + 4])
    items = b"".join(
        b"\0\0\0\x15infe\2\0\0\0" + struct.pack(">HH", 100 + item, 0) + b"av01\0" for item in range(count)
    )
    changed = bytearray(image[:end] + items + image[end:])
    for place in (image.index(b"meta") - 4, start):
        struct.pack_into(">I", changed, place, int.from_bytes(image[place : place + 4]) + len(items))
    return bytes(changed)


def png_chunks(count: int, image: bytes = b"") -> bytes:
    """A PNG with many chunks of a private kind."""
    image = image or seeds()["png"]["RGB"]
    return image[:33] + (bytes(4) + b"aaAa" + zlib.crc32(b"aaAa").to_bytes(4)) * count + image[33:]


def _sized(seed: tuple[str, str], place: int, form: str, side: int) -> bytes:
    """A valid file whose header claims another size, a square."""
    content = bytearray(seeds()[seed[0]][seed[1]])
    struct.pack_into(form, content, place, side, side)
    return bytes(content)


def bombs(side: int) -> dict[str, bytes]:
    """Small files of most formats whose headers claim squares of a size."""
    short = min(side, 65_535)
    webp = bytearray(seeds()["webp"]["animated"])
    webp[24:30] = (side - 1).to_bytes(3, "little") * 2
    avif = seeds()["avif"]["colour"]
    png = bytearray(_sized(("png", "RGB"), 16, ">II", side))
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4)
    jpeg = seeds()["jpg"]["colour"]
    return {
        "png": bytes(png),
        "jpg": _sized(("jpg", "colour"), jpeg.index(b"\xff\xc0") + 5, ">HH", short),
        "webp": bytes(webp),
        "bmp": _sized(("bmp", "RGB"), 18, "<ii", side),
        "run-length bmp": _sized(("bmp", "runs of 8 bits"), 18, "<ii", side),
        "gif": _sized(("gif", "palette"), 6, "<HH", short),
        "tiff": tiff((256, 4, 1, side), (257, 4, 1, side), (278, 4, 1, side)),
        "avif": _sized(("avif", "colour"), avif.index(b"ispe") + 8, ">II", side),
        "jp2": _sized(("jp2", "bare"), 8, ">II", side),
        "tga": _sized(("tga", "RGB"), 12, "<HH", short),
        "ppm": b"P6 %d %d 255\n" % (side, side) + bytes(1000),
        "plain ppm": b"P3 %d %d 255\n" % (side, side) + b"1 " * 1000,
        "odd ppm": b"P6 %d %d 254\n" % (side, side) + bytes(1000),
    }


def _icon() -> bytes:
    """An ICO that claims 16 x 16 and contains a large image, which Pillow decodes to learn its size."""
    png = saved(Image.new("1", (4_000, 4_000)), "PNG")
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(png), 22) + png


def _floats(*values: float) -> bytes:
    return saved(Image.fromarray(np.array([values], np.float32)), "TIFF")


@cache
def crafted_files() -> dict[str, Crafted]:
    """All crafted files, by name."""
    signalling = tiff((256, 4, 1, 1), (257, 4, 1, 1), (258, 3, 1, 32), (339, 3, 1, 3), pixels=b"\1\0\xa0\x7f")
    lzw = bytearray(seeds()["tiff"]["tiff_lzw"])
    lzw[9:200] = bytes(191)
    strips = struct.pack("<I", 8) * (parts.MOST_VALUES + 1)
    images = {
        "infinite": _floats(float("inf"), float("-inf"), 3.0, 5.0),
        "nothing but infinite": _floats(float("inf"), float("-inf")),
        "a signalling NaN": signalling,
        "scans, as many as allowed": many_scans(parts.MOST_SCANS),
        "scans behind the end": saved(COLOUR, "JPEG") + b"\xff\xda\xff\xd9" * 1000,
        "a large tile": tiled_tiff(16, 2048, zlib.compress(bytes(2048**2)), 8),
        "a tag longer than the file": tiff((40000, 3, 1 << 31, 0)),
        "metadata of a size that cannot be": tiff((34665, 4, 1, 0xFFFFFFF0), (34853, 13, 1, 8)),
    }
    busy = {  # the comments say what each cost before there was a limit
        "scans": many_scans(parts.MOST_SCANS + 1),  # 0.1 s of decoding for each 246 bytes
        # 67 x in memory
        "strips": tiff((273, 4, len(strips) // 4, strips), (278, 4, 1, 1), (257, 4, 1, len(strips))),
        "a huge tile": tiled_tiff(16, 46_000, b"", 8),  # 2.1 GB in memory
        "fractions in metadata": numbers_in_metadata(parts.MOST_VALUES + 1),  # 22 x in memory
        "items": many_items(parts.LARGEST_TABLES // 21),  # time grows with the square
        "comments": b"P2 10 10 255\n" + b"#\n" * 5000 + b"1 " * 100,  # time grows with the square
        "chunks": png_chunks(READS // 2),
        "comment blocks": b"GIF89a\1\0\1\0\0\0\0!\xfe" + b"\2ab" * READS,  # 45 x in memory
        "segments": b"\xff\xd8" + b"\xff\xef\0\2" * READS + saved(COLOUR, "JPEG")[2:],  # 35 x in memory
        "lines": _sized(("bmp", "runs of 8 bits"), 18, "<ii", 100)[:118] + bytes(READS * 2 + 1_000_000),
    }
    refused = {
        "an icon that is a bomb": _icon(),  # 0.3 GB in memory
        "a program for Ghostscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
        "samples": tiff((277, 3, 1, 2048)),
    }
    damaged = {
        "what libtiff complains of": bytes(lzw),
        "a tile of a size that is no number": tiff((322, 2, 1, 16), (323, 3, 1, 16)),
    }
    large = {f"large {name}": content for name, content in bombs(LARGE).items()}
    huge = {f"huge {name}": content for name, content in bombs(HUGE).items() if name not in ("avif", "webp")}
    groups: dict[str | None, dict[str, bytes]] = {
        None: images, "too-large": busy | large | huge, "not-an-image": refused, "damaged": damaged,
    }  # fmt: skip
    return {name: Crafted(content, code) for code, group in groups.items() for name, content in group.items()}
