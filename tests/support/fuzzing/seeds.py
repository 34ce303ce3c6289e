"""Small valid files of every format that the program reads, and of some that it refuses."""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any, Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

WIDTH, HEIGHT = 40, 28
SMOOTH: Final = np.linspace(0, 255, WIDTH * HEIGHT * 3).reshape(HEIGHT, WIDTH, 3).astype(np.uint8)
COLOUR: Final = Image.fromarray(SMOOTH)
SIXTEEN: Final = Image.fromarray(SMOOTH[..., 0].astype(np.uint16) * 257)
WIDE: Final = Image.fromarray(SMOOTH[..., 0].astype(np.int32) * 70_000 - 9_000_000)
FLOAT: Final = Image.fromarray(SMOOTH[..., 0].astype(np.float32) / 3 - 20)
PROFILE: Final = b"no colour profile at all " * 9
TIFF_COMPRESSIONS: Final = (
    "raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "zstd", "lzma", "jpeg",
)  # fmt: skip


def _exif(orientation: int = 6) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "a description that does not fit into four bytes"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:22 10:00:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (47.0, 22.0, 8.5)})
    return exif


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401  of any encoder
    """An image as a file in a format of Pillow."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _frames() -> dict[str, Any]:
    return {"save_all": True, "append_images": [Image.new("RGB", COLOUR.size, "teal"), COLOUR.rotate(90)]}


def _png() -> dict[str, bytes]:
    text = PngInfo()
    text.add_text("Comment", "plain")
    text.add_text("Packed", "packed " * 20, zip=True)
    text.add_itxt("Words", "Wörter " * 9, "de", "Wörter", zip=True)
    modes = {mode: saved(COLOUR.convert(mode), "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA")}
    return {
        **modes,
        "sixteen": saved(SIXTEEN, "PNG"),
        "few colours": saved(COLOUR.quantize(4), "PNG", bits=2),
        "transparent colour": saved(COLOUR, "PNG", transparency=(0, 0, 0)),
        "transparent palette": saved(COLOUR.quantize(16), "PNG", transparency=bytes(range(16))),
        "metadata": saved(COLOUR, "PNG", pnginfo=text, exif=_exif(), icc_profile=PROFILE, dpi=(72, 72)),
        "animated": saved(COLOUR, "PNG", **_frames()),
    }


def _jpeg() -> dict[str, bytes]:
    return {
        "grey": saved(COLOUR.convert("L"), "JPEG"),
        "colour": saved(COLOUR, "JPEG", subsampling=0, quality=95),
        "subsampled": saved(COLOUR, "JPEG", subsampling=2, restart_marker_rows=1),
        "cmyk": saved(COLOUR.convert("CMYK"), "JPEG"),
        "progressive": saved(COLOUR, "JPEG", progressive=True, exif=_exif(3)),
        "metadata": saved(COLOUR, "JPEG", exif=_exif(), icc_profile=PROFILE, comment=b"words", dpi=(72, 72)),
        "several": saved(COLOUR, "MPO", **_frames()),
    }


def _webp() -> dict[str, bytes]:
    return {
        "lossy": saved(COLOUR, "WEBP", quality=40),
        "lossless": saved(COLOUR, "WEBP", lossless=True),
        "alpha": saved(COLOUR.convert("RGBA").rotate(9), "WEBP"),
        "metadata": saved(COLOUR, "WEBP", exif=_exif(), icc_profile=PROFILE, xmp=b"<x/>"),
        "animated": saved(COLOUR, "WEBP", **_frames()),
    }


def _run_length_bmp(bits: int) -> bytes:
    """A run-length BMP, which Pillow cannot write: palette, runs, absolute pixels, a delta, ends of lines."""
    absolute = bytes((0, 3, 0x12, 0x30)) if bits == 4 else bytes((0, 3, 1, 2, 3, 0))
    line = bytes((12, 3, 0, 0))
    data = (
        bytes((8, 1)) + absolute + bytes((1, 4, 0, 0)) + line + bytes((0, 2, 0, 1)) + line * 3 + bytes((0, 1))
    )
    palette = bytes(range(64))
    start = 14 + 40 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, 12, 6, 1, bits, 1 if bits == 8 else 2, len(data), 0, 0, 16, 0)
    return struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start) + header + palette + data


def _bmp() -> dict[str, bytes]:
    modes = {mode: saved(COLOUR.convert(mode), "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")}
    runs = {f"runs of {bits} bits": _run_length_bmp(bits) for bits in (4, 8)}
    return {**modes, **runs, "without file header": saved(COLOUR, "DIB")}


def _gif() -> dict[str, bytes]:
    return {
        "grey": saved(COLOUR.convert("L"), "GIF"),
        "palette": saved(COLOUR.quantize(32), "GIF", interlace=False, comment=b"words"),
        "transparent": saved(COLOUR.quantize(8), "GIF", transparency=3),
        "animated": saved(COLOUR, "GIF", **_frames(), disposal=2, loop=0),
    }


def tiled_tiff(
    width: int = 32, tile: int = 16, data: bytes = bytes(range(256)) * 4, packed: int = 1
) -> bytes:
    """A tiled TIFF, which Pillow cannot write: a grey square whose tiles share their data."""
    tiles = (-(-width // tile)) ** 2
    tags = [
        (256, 4, width), (257, 4, width), (258, 3, 8), (259, 3, packed), (262, 3, 1), (277, 3, 1),
        (322, 4, tile), (323, 4, tile),
    ]  # fmt: skip
    table = 8 + 2 + 12 * (len(tags) + 2) + 4
    start = table + 8 * tiles
    rows = [struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags]
    places = (
        (table, table + 4 * tiles) if tiles > 1 else (start, len(data))
    )  # a single value is stored in the entry
    rows += [struct.pack("<HHII", 324 + row, 4, tiles, place) for row, place in enumerate(places)]
    offsets = struct.pack(f"<{tiles}I", *[start] * tiles) + struct.pack(f"<{tiles}I", *[len(data)] * tiles)
    return b"II*\0" + struct.pack("<IH", 8, len(rows)) + b"".join(rows) + bytes(4) + offsets + data


def _tiff() -> dict[str, bytes]:
    modes = ("1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "LAB", "YCbCr")
    deep = {"sixteen": SIXTEEN, "wide": WIDE, "float": FLOAT}
    return {
        **{mode: saved(COLOUR.convert("RGB").convert(mode), "TIFF") for mode in modes},
        **{name: saved(image, "TIFF") for name, image in deep.items()},
        **{f"{name} packed": saved(image, "TIFF", compression="tiff_lzw") for name, image in deep.items()},
        **{kind: saved(COLOUR, "TIFF", compression=kind) for kind in TIFF_COMPRESSIONS},
        "fax": saved(COLOUR.convert("1"), "TIFF", compression="group4"),
        "metadata": saved(COLOUR, "TIFF", exif=_exif(), icc_profile=PROFILE, dpi=(72, 72)),
        "several": saved(COLOUR, "TIFF", **_frames()),
        "big": saved(COLOUR, "TIFF", big_tiff=True),
        "tiled": tiled_tiff(),
    }


def _avif() -> dict[str, bytes]:
    return {
        "colour": saved(COLOUR, "AVIF", quality=50),
        "alpha": saved(COLOUR.convert("RGBA").rotate(9), "AVIF", quality=50),
        "metadata": saved(COLOUR, "AVIF", exif=_exif(), icc_profile=PROFILE, xmp=b"<x/>", quality=30),
        "animated": saved(COLOUR, "AVIF", **_frames(), quality=30),
    }


def _jpeg_2000() -> dict[str, bytes]:
    modes = {mode: saved(COLOUR.convert(mode), "JPEG2000") for mode in ("L", "RGB", "RGBA")}
    return {
        **modes,
        "sixteen": saved(SIXTEEN, "JPEG2000"),
        "tiles": saved(COLOUR, "JPEG2000", tile_size=(16, 16), quality_layers=[9], irreversible=True),
        "bare": saved(COLOUR, "JPEG2000", no_jp2=True, comment="words"),
    }


def _ppm() -> dict[str, bytes]:
    size = b"%d %d" % (WIDTH, HEIGHT)
    grey = SMOOTH[..., 0]
    plain = b" ".join(b"%d" % value for value in grey.ravel())
    return {
        "bits": saved(COLOUR.convert("1"), "PPM"),
        "grey": saved(COLOUR.convert("L"), "PPM"),
        "colour": saved(COLOUR, "PPM"),
        "sixteen": saved(SIXTEEN, "PPM"),
        "float": saved(FLOAT, "PPM"),
        "plain bits": b"P1\n# words\n" + size + b"\n" + b"01" * (WIDTH * HEIGHT // 2),
        "plain grey": b"P2\n" + size + b"\n255\n" + plain + b"\n",
        "plain colour": b"P3\n# words\n"
        + size
        + b"\n300\n"
        + plain
        + b" 7 # words\n"
        + plain
        + b" 9 "
        + plain,
        "odd greatest value": b"P5\n" + size + b"\n100\n" + bytes(value // 3 for value in grey.ravel()),
    }


def _tga() -> dict[str, bytes]:
    modes = {mode: saved(COLOUR.convert(mode), "TGA") for mode in ("L", "LA", "P", "RGB", "RGBA")}
    return {**modes, "runs": saved(COLOUR.quantize(4), "TGA", compression="tga_rle")}


REFUSED: Final = ("ICO", "ICNS", "PCX", "SGI", "QOI", "DDS", "EPS", "PDF", "SPIDER", "XBM", "MSP")


def _refused() -> dict[str, bytes]:
    modes = {"XBM": "1", "MSP": "1", "SPIDER": "F"}
    return {kind: saved(COLOUR.convert(modes.get(kind, "RGB")), kind) for kind in REFUSED}


@cache
def seeds() -> dict[str, dict[str, bytes]]:
    """All valid files, by format and variant."""
    return {
        "png": _png(), "jpg": _jpeg(), "webp": _webp(), "bmp": _bmp(), "gif": _gif(), "tiff": _tiff(),
        "avif": _avif(), "jp2": _jpeg_2000(), "ppm": _ppm(), "tga": _tga(), "refused": _refused(),
    }  # fmt: skip
