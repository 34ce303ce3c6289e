from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

from image_classifier import colours, decode, limits
from image_classifier.decode import decode_image, read_bytes
from image_classifier.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

GRADIENT = np.arange(48 * 32 * 3, dtype=np.uint32).reshape(32, 48, 3) * 255 // (48 * 32 * 3)
COLOUR = Image.fromarray(GRADIENT.astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401  of any encoder
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(content: bytes) -> NDArray[np.int64]:
    image = decode_image(content)
    assert image.mode == "RGB"
    return np.asarray(image).astype(np.int64)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "TGA", "WEBP", "JPEG2000"])
def test_lossless_formats(kind: str) -> None:
    content = encoded(COLOUR, kind, **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(pixels(content), COLOUR)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "GIF"])
def test_lossy_formats(kind: str) -> None:
    assert kind != "AVIF" or features.check("avif")
    assert np.abs(pixels(encoded(COLOUR, kind)) - np.asarray(COLOUR)).mean() < 6


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "LAB", "RGBX", "LA", "RGBA", "PA"])
def test_modes(mode: str) -> None:
    image = COLOUR.convert("RGB").convert(mode) if mode != "PA" else COLOUR.convert("P").convert("PA")
    kind = "PNG" if mode in ("1", "L", "P", "LA", "RGBA") else "TIFF"
    content = encoded(image, kind)
    expected = image.convert("RGBA" if mode in ("LA", "RGBA", "PA") else "RGB").convert("RGB")
    np.testing.assert_array_equal(pixels(content), expected)


def test_cmyk_jpeg() -> None:
    white = pixels(encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), "JPEG"))
    black = pixels(encoded(Image.new("CMYK", (8, 8), (0, 0, 0, 255)), "JPEG"))
    assert white.min() > 250
    assert black.max() < 5


def test_alpha_is_laid_over_white() -> None:
    half = pixels(encoded(Image.new("RGBA", (2, 2), (200, 0, 0, 128)), "PNG"))
    assert (half == [227, 127, 127]).all()
    hidden = pixels(encoded(Image.new("LA", (2, 2), (0, 0)), "PNG"))
    assert (hidden == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_with_transparency(kind: str) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putdata([0, 1])
    content = encoded(image, kind, transparency=1)
    np.testing.assert_array_equal(pixels(content), [[[10, 20, 30], [255, 255, 255]]])


def test_palette_with_many_alphas_gives_no_warning() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 0, 0, 0])
    image.putdata([0, 1])
    content = encoded(image, "PNG", transparency=bytes([255, 128]))
    np.testing.assert_array_equal(pixels(content), [[[0] * 3, [127] * 3]])


def test_transparent_colour_of_rgb_and_grey() -> None:
    rgb = encoded(Image.new("RGB", (1, 1), (9, 9, 9)), "PNG", transparency=(9, 9, 9))
    grey = encoded(Image.new("L", (1, 1), 9), "PNG", transparency=9)
    assert (pixels(rgb) == 255).all()
    assert (pixels(grey) == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled(kind: str) -> None:
    values = np.array([[0, 128, 257, 32768, 65278, 65535]], np.uint16)
    expected = np.rint(values / 257).astype(np.int64)
    image = Image.fromarray(values.astype(np.int32) if kind == "PPM" else values)
    np.testing.assert_array_equal(pixels(encoded(image, kind)), np.repeat(expected[..., None], 3, 2))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_thirty_two_bits_span_their_own_range(dtype: type[np.generic]) -> None:
    values = np.array([[-1000, 0, 1000]], dtype)
    np.testing.assert_array_equal(pixels(encoded(Image.fromarray(values), "TIFF"))[0, :, 0], [0, 128, 255])


@pytest.mark.parametrize(("value", "expected"), [(7.0, 7), (1e9, 255), (-3.0, 0), (np.nan, 0)])
def test_constant_floats(value: float, expected: int) -> None:
    image = Image.fromarray(np.full((2, 2), value, np.float32))
    assert (pixels(encoded(image, "TIFF")) == expected).all()


def test_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert pixels(content)[0, 0] == pytest.approx([255, 0, 0], abs=4), kind


TURNED_BACK: dict[int, Callable[[NDArray[np.int64]], NDArray[np.int64]]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", TURNED_BACK)
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_exif_orientation(kind: str, options: dict[str, Any], orientation: int) -> None:
    exif = Image.Exif()
    exif[colours.ORIENTATION] = orientation
    plain = pixels(encoded(COLOUR, kind, **options))
    turned = pixels(encoded(COLOUR, kind, exif=exif, **options))
    np.testing.assert_array_equal(turned, TURNED_BACK[orientation](plain))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_matter() -> None:
    content = encoded(COLOUR, "PNG", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff")
    np.testing.assert_array_equal(pixels(content), COLOUR)


def refusal(content: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode_image(content)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("content", [b"x", b"<svg/>", bytes(1000), b"%PDF-1.7", b"GIF89a"])
def test_no_image(content: bytes) -> None:
    assert refusal(content).code == "not-an-image"


@pytest.mark.parametrize("name", ["chelsea.png", "rocket.jpg"])
def test_truncated_image(samples: Path, name: str) -> None:
    content = (samples / name).read_bytes()
    assert refusal(content[: len(content) // 2]).code == "damaged"


@pytest.mark.filterwarnings(
    "ignore::PIL.Image.DecompressionBombWarning"
)  # the program ignores it, see `main`
def test_decompression_bomb() -> None:
    image = Image.new("1", (limits.LARGEST_PIXELS // 10_000 + 1, 10_000))
    error = refusal(encoded(image, "PNG"))
    assert error.code == "too-large"
    assert "17896 x 10000" in str(error)


def test_large_image_gives_no_warning() -> None:
    image = Image.new("1", (10_000, 9_000))  # above the limit at which Pillow warns
    assert decode_image(encoded(image, "PNG")).size == (10_000, 9_000)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # the program ignores them, see `main`
@given(data=st.data())
def test_damaged_files_give_an_image_or_an_image_error(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "TGA", "PPM"]))
    content = bytearray(encoded(COLOUR, kind))
    seed = data.draw(st.integers(0, 2**32))
    for position in random.Random(seed).sample(range(len(content)), 6):  # noqa: S311  no secret
        content[position] ^= seed % 255 + 1
    try:
        assert decode_image(bytes(content[: data.draw(st.integers(0, len(content)))])).mode == "RGB"
    except ImageError as error:
        codes = {error.code}
    else:
        codes = set()
    assert codes <= {"damaged", "not-an-image", "too-large"}


def test_read_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "some.png"
    file.write_bytes(b"12345")
    assert read_bytes(file) == b"12345"
    monkeypatch.setattr(decode, "LARGEST_BYTES", 4)
    with pytest.raises(ImageError) as caught:
        read_bytes(file)
    assert caught.value.code == "too-large"


def test_no_read_asks_for_more_memory_than_the_file_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows would take a gigabyte for each image: a read takes the memory for what it asks for first."""
    asked: list[int] = []

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(-1 if size is None else size)
            return super().read(size)

    content = bytes(range(256)) * 10_000
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(Counted(content)))
    assert read_bytes(None) == content
    assert 0 < min(asked) <= max(asked) <= decode.PART
    monkeypatch.setattr(decode, "LARGEST_BYTES", len(content))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(Counted(content)))
    assert read_bytes(None) == content
    monkeypatch.setattr(decode, "LARGEST_BYTES", len(content) - 1)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(Counted(content)))
    with pytest.raises(ImageError) as caught:
        read_bytes(None)
    assert caught.value.code == "too-large"


def test_unreadable_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.png").touch()
    codes = {}
    for name in ("empty.png", "missing.png", ".", "n\0l.png", "x" * 300):
        with pytest.raises(ImageError) as caught:
            read_bytes(tmp_path / name)
        codes[name] = caught.value.code
    assert list(codes.values()) == ["empty", "missing", "unreadable", "unreadable", "unreadable"]
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ImageError, match="standard input is closed"):
        read_bytes(None)
