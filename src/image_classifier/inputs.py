"""From the arguments of a command line to the images that they mean."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import Final, NamedTuple

from image_classifier.errors import ImageError, reason

STANDARD_INPUT = "-"

# What makes a file in a folder an image; a file that is named itself may end as it likes. A fixed list:
# asking Pillow would load all of its plugins.
IMAGE_ENDINGS: Final = frozenset((
    ".apng", ".avif", ".avifs", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpf",
    ".jpg", ".jpx", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp",
))  # fmt: skip


class ImageSource(NamedTuple):
    """An image that was asked for.

    Attributes:
        name: As the user gave it; for a member of a folder the folder as given and the file's name.
        path: The file; None for standard input.
        error: Why there is no image, when that was found already here.
    """

    name: str
    path: Path | None = None
    error: ImageError | None = None


def image_sources(arguments: list[str]) -> list[ImageSource]:
    """Expands files, folders, glob patterns and `-` (Windows shells expand nothing), in the order given."""
    return [source for argument in arguments for source in _expand(argument)]


def _expand(argument: str) -> list[ImageSource]:
    if not argument:
        return [
            ImageSource("''", error=ImageError("missing", "the name is empty; give the name of an image"))
        ]
    if argument == STANDARD_INPUT:
        return [ImageSource(argument)]
    try:
        if Path(argument).is_dir():
            return _folder(argument)
        if glob.has_magic(argument) and not os.path.lexists(argument):
            return _pattern(argument)
    except OSError as error:
        message = f"the folder cannot be listed ({reason(error)}); check its permissions"
        return [ImageSource(argument, error=ImageError("unreadable", message))]
    return [ImageSource(argument, Path(argument))]


def _folder(folder: str) -> list[ImageSource]:
    names = [name for name in sorted(os.listdir(folder)) if Path(name).suffix.lower() in IMAGE_ENDINGS]  # noqa: PTH208
    files = [path for name in names if os.path.isfile(path := os.path.join(folder, name))]  # noqa: PTH113, PTH118
    if not files:
        message = (
            "the folder holds no images; for those in its subfolders give a pattern such as folder/**/*.jpg"
        )
        return [ImageSource(folder, error=ImageError("no-images", message))]
    return [ImageSource(path, Path(path)) for path in files]


def _pattern(pattern: str) -> list[ImageSource]:
    matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  Path.glob refuses absolute patterns
    files = [match for match in matches if not os.path.isdir(match)]  # noqa: PTH112
    if not files:
        return [
            ImageSource(
                pattern, error=ImageError("missing", "no file matches this pattern; check its spelling")
            )
        ]
    return [ImageSource(match, Path(match)) for match in files]
