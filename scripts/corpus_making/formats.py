"""Every format that Pillow reads, in every colour mode that it can have."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
from PIL import features

from corpus_making.photographs import in_mode, photograph, saved

if TYPE_CHECKING:
    from PIL import Image

    from corpus_making.collection import Collection

# Format, ending, modes, and the options that make files of one format differ.
WRITTEN: tuple[tuple[str, str, tuple[str, ...], tuple[dict[str, object], ...]], ...] = (
    ("PNG", "png", ("1", "L", "LA", "I;16", "P", "RGB", "RGBA"), ({}, {"compress_level": 0})),
    ("PNG", "png", ("P",), ({"bits": 1}, {"bits": 2}, {"bits": 4}, {"transparency": 7})),
    ("PNG", "png", ("L", "RGB"), ({"transparency": "darkest"},)),
    ("JPEG", "jpg", ("L", "RGB", "CMYK"), ({}, {"quality": 10}, {"progressive": True})),
    ("JPEG", "jpg", ("RGB",), ({"subsampling": 0}, {"subsampling": 1}, {"restart_marker_rows": 1})),
    ("JPEG", "jpg", ("RGB",), ({"keep_rgb": True}, {"optimize": True}, {"quality": 100})),
    ("GIF", "gif", ("1", "L", "P", "RGB", "RGBA"), ({}, {"interlace": 0})),
    ("BMP", "bmp", ("1", "L", "P", "RGB", "RGBA"), ({},)),
    ("DIB", "dib", ("RGB",), ({},)),
    ("TIFF", "tif", ("1", "L", "LA", "P", "I", "I;16", "I;16B", "F", "RGB", "RGBA", "CMYK", "LAB"), ({},)),
    ("TIFF", "tif", ("L", "RGB"), tuple({"compression": c} for c in ("tiff_lzw", "packbits", "jpeg"))),
    ("TIFF", "tif", ("I;16", "F", "RGBA"), ({"compression": "tiff_adobe_deflate"},)),
    ("TIFF", "tif", ("1",), ({"compression": "group3"}, {"compression": "group4"})),
    ("TIFF", "tif", ("RGB",), ({"big_tiff": True},)),
    ("WEBP", "webp", ("L", "RGB", "RGBA"), ({}, {"lossless": True})),
    ("AVIF", "avif", ("L", "RGB", "RGBA"), ({"speed": 9, "max_threads": 1},)),
    ("JPEG2000", "jp2", ("L", "LA", "I;16", "RGB", "RGBA"), ({},)),
    ("JPEG2000", "j2k", ("RGB",), ({"no_jp2": True, "irreversible": True},)),
    ("PPM", "pnm", ("1", "L", "I", "I;16", "RGB"), ({},)),
    ("PPM", "pfm", ("F",), ({},)),
    ("TGA", "tga", ("1",), ({},)),
    ("TGA", "tga", ("L", "LA", "P", "RGB", "RGBA"), ({}, {"compression": "tga_rle"})),
    ("PCX", "pcx", ("1", "L", "P", "RGB"), ({},)),
    ("SGI", "sgi", ("L", "RGB", "RGBA"), ({},)),
    ("IM", "im", ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"), ({},)),
    ("DDS", "dds", ("L", "LA", "RGB", "RGBA"), ({},)),
    ("DDS", "dds", ("RGBA",), ({"pixel_format": "DXT1"}, {"pixel_format": "DXT5"})),
    ("ICO", "ico", ("RGB", "RGBA"), ({}, {"bitmap_format": "bmp"})),
    ("ICNS", "icns", ("RGBA",), ({},)),
    ("MPO", "mpo", ("RGB",), ({},)),
    ("MSP", "msp", ("1",), ({},)),
    ("XBM", "xbm", ("1",), ({},)),
    ("SPIDER", "spi", ("F",), ({},)),
    ("BLP", "blp", ("P",), ({},)),
    ("QOI", "qoi", ("RGB", "RGBA"), ({},)),
)
PHOTOGRAPHS = ("chelsea.png", "coffee.png")
OPTIONAL = {"WEBP": "webp", "AVIF": "avif", "JPEG2000": "jpg_2000", "TIFF": "libtiff"}
"""Formats that a build of Pillow may lack."""


def add(collection: Collection) -> None:
    """Adds what Pillow writes, and small formats that it only reads."""
    for kind, ending, modes, variants in WRITTEN:
        if kind in OPTIONAL and not features.check(OPTIONAL[kind]):
            continue
        for number, name in enumerate(PHOTOGRAPHS):
            for mode in modes:
                image = in_mode(photograph(name, 200 - 40 * number), mode)
                for options in variants:
                    path = f"formats/{ending}/{_label(name, mode, options)}.{ending}"
                    try:
                        content = saved(image, kind, **_options(image, options))
                    except (OSError, ValueError) as error:  # versions of Pillow differ in what they write
                        collection.left_out.append(f"{path}: {error}")
                    else:
                        collection.image(path, content)
    for name in PHOTOGRAPHS:
        small = photograph(name, 64)
        for ending, content in _written_by_hand(small).items():
            collection.image(f"formats/{ending}/{name.partition('.')[0]}.{ending}", content)


def _label(photo: str, mode: str, options: dict[str, object]) -> str:
    variant = "".join(f"-{key}-{value}" for key, value in options.items())
    return f"{photo.partition('.')[0]}-{mode.replace(';', '')}{variant}".replace("_", "-").lower()


def _options(image: Image.Image, options: dict[str, object]) -> dict[str, object]:
    """A transparent colour is one that the image has."""
    if options.get("transparency") != "darkest":
        return options
    colours = np.asarray(image).reshape(image.width * image.height, -1)
    darkest = colours[colours.sum(axis=1).argmin()]
    value = int(darkest[0]) if image.mode == "L" else tuple(map(int, darkest))
    return {"transparency": value}


def _written_by_hand(image: Image.Image) -> dict[str, bytes]:
    """Formats that Pillow reads and does not write, in their simplest form."""
    rgb, grey = np.asarray(image), np.asarray(image.convert("L"))
    height, width = grey.shape
    dark = grey < grey.mean()
    plain = " ".join(map(str, rgb.reshape(-1)))
    return {
        "ppm": f"P3\n# plain\n{width} {height}\n255\n{plain}\n".encode(),
        "pgm": f"P2 {width} {height} 100\n{' '.join(map(str, grey.reshape(-1) * 100 // 255))}\n".encode(),
        "pbm": f"P1 {width} {height}\n{' '.join(map(str, dark.reshape(-1).astype(int)))}\n".encode(),
        "ras": struct.pack(">8I", 0x59A66A95, width, height, 24, rgb.size, 1, 0, 0)
        + np.ascontiguousarray(rgb[..., ::-1]).tobytes(),
        "fits": _fits(grey),
        "psd": struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, height, width, 8, 3)
        + bytes(12)
        + struct.pack(">H", 0)
        + np.ascontiguousarray(rgb.transpose(2, 0, 1)).tobytes(),
        "xpm": _xpm(image),
        "cur": _cursor(image),
    }


def _fits(grey: np.ndarray) -> bytes:
    cards = [
        "SIMPLE  =                    T",
        "BITPIX  =                    8",
        "NAXIS   =                    2",
        f"NAXIS1  = {grey.shape[1]:20d}",
        f"NAXIS2  = {grey.shape[0]:20d}",
        "END",
    ]
    return "".join(card.ljust(80) for card in cards).ljust(2880).encode() + grey.tobytes().ljust(
        2880 * 4, b"\0"
    )


def _xpm(image: Image.Image) -> bytes:
    indexed = image.quantize(16)
    palette = (indexed.getpalette() or [])[: 16 * 3]
    colours = [palette[place : place + 3] for place in range(0, len(palette), 3)]
    letters = "abcdefghijklmnop"
    rows = ["".join(letters[i] for i in row) for row in np.asarray(indexed)]
    lines = [f"{image.width} {image.height} {len(colours)} 1"]
    lines += [f"{letters[i]} c #{r:02x}{g:02x}{b:02x}" for i, (r, g, b) in enumerate(colours)]
    body = ",\n".join(f'"{line}"' for line in lines + rows)
    return f"/* XPM */\nstatic char *photo[] = {{\n{body}\n}};\n".encode()


def _cursor(image: Image.Image) -> bytes:
    """A cursor is an icon of another type, with a hot spot in place of planes and depth."""
    icon = saved(image.convert("RGBA").resize((32, 32)), "ICO", sizes=[(32, 32)], bitmap_format="bmp")
    return icon[:2] + struct.pack("<H", 2) + icon[4:10] + struct.pack("<HH", 1, 1) + icon[14:]
