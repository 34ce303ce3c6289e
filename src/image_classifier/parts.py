"""What is refused for the number of its parts, before a decoder spends time or memory on them.

A few kilobytes can keep a decoder busy for minutes, or make it take gigabytes, without many pixels. These are
the ways for which Pillow and its libraries have no limit of their own. Each limit is far above what programs
write.
"""

from __future__ import annotations

import re
import struct
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from image_classifier.errors import ImageError
from image_classifier.limits import too_many

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SCANS: Final = 100  # of a JPEG; each visits every pixel. Encoders write about ten
MOST_COMMENTS: Final = 1000  # of a plain PNM; for each Pillow copies up to a megabyte
MOST_VALUES: Final = 1 << 18  # of a TIFF tag that holds numbers; Pillow makes objects of them
LARGEST_TILE: Final = 1 << 24  # pixels of a TIFF's tile, which may be larger than the image
LARGEST_TABLES: Final = 1 << 18  # bytes of an AVIF's tables of items, which are compared each with each


def check_parts(content: bytes) -> None:
    """Refuses an image file that is made to keep a decoder busy.

    Raises:
        ImageError: It has too many parts of a kind.
    """
    if content.startswith(b"\xff\xd8"):
        _check_jpeg(content)
    elif content[:4] in (b"II*\0", b"II+\0", b"MM\0*", b"MM\0+"):
        _check_tiff(content)
    elif content[4:8] == b"ftyp":
        _check_avif(content)
    elif content[:2] in (b"P1", b"P2", b"P3") and content.count(b"#") > MOST_COMMENTS:
        raise too_many("comments")


MARKER: Final = re.compile(
    rb"\xff+([^\x00\x01\xd0-\xd8\xff])", re.DOTALL
)  # that has a segment, or ends the image
START_OF_SCAN: Final = 0xDA
END_OF_IMAGE: Final = 0xD9


def _check_jpeg(content: bytes) -> None:
    # A quick look first, that also sees thumbnails and films, which phones append to an image.
    if content.count(bytes((0xFF, START_OF_SCAN))) <= MOST_SCANS:
        return
    scans, place = 0, 2
    while (marker := MARKER.search(content, place)) and (kind := marker[1][0]) != END_OF_IMAGE:
        scans += kind == START_OF_SCAN
        if scans > MOST_SCANS:
            raise too_many("scans")
        place = marker.end() + int.from_bytes(content[marker.end() : marker.end() + 2])


WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT = 256, 257, 322, 323  # tags
METADATA: Final = frozenset(
    (34665, 34853, 40965)
)  # tags: EXIF, GPS, interoperability, directories of their own
SHORT, LONG, LONG8 = 3, 4, 16  # types
TEXT_AND_BYTES: Final = frozenset((1, 2, 7))  # types whose values stay bytes


def _check_tiff(content: bytes) -> None:
    sides = dict.fromkeys((WIDTH, HEIGHT, TILE_WIDTH, TILE_HEIGHT), 0)
    entries = list(_directory(content))
    metadata = [value for tag, _, _, value in entries if tag in METADATA and value]
    for _, kind, count, _ in chain(entries, *(_directory(content, place) for place in metadata)):
        # Pillow leaves out what is longer than the file.
        if MOST_VALUES < count <= len(content) and kind not in TEXT_AND_BYTES:
            raise too_many("parts")
    for tag, kind, _, value in entries:
        if tag in sides:
            if value is None:
                raise ImageError(
                    "damaged", f"the image is damaged (tag {tag} is of type {kind}); save it anew"
                )
            sides[tag] = max(sides[tag], value)
    tile = sides[TILE_WIDTH] * sides[TILE_HEIGHT]
    whole = (sides[WIDTH] + 15) * (sides[HEIGHT] + 15)  # the sides of a tile are multiples of 16
    if tile > max(LARGEST_TILE, whole):
        raise ImageError("too-large", f"a tile of the image has {tile} pixels; save it anew")


def _directory(content: bytes, place: int | None = None) -> Iterator[tuple[int, int, int, int | None]]:
    """The entries of a directory, the first one if no place is given.

    Yields:
        Tag, type, count, and the value if it is of a type that TIFF allows for a side or a place.
    """
    order = "<" if content.startswith(b"II") else ">"
    big = b"+" in content[2:4]
    start, number, row = ("8xQ", "Q", "HHQ8s") if big else ("4xI", "H", "HHI4s")
    kinds = {SHORT: "H", LONG: "I", LONG8: "Q"} if big else {SHORT: "H", LONG: "I"}

    def unpack(form: str, place: int) -> tuple[Any, ...]:
        return struct.unpack_from(order + form, content, place)

    try:
        if place is None:
            (place,) = unpack(start, 0)
        (entries,) = unpack(number, place)
        place += struct.calcsize(number)
        for _ in range(min(entries, MOST_VALUES)):
            tag, kind, count, value = unpack(row, place)
            known = struct.unpack_from(order + kinds[kind], value)[0] if kind in kinds else None
            yield tag, kind, count, known
            place += struct.calcsize(order + row)
    except (struct.error, OverflowError):  # beyond the end of the file: Pillow says so
        return


TABLES: Final = frozenset((b"iinf", b"iloc", b"iref", b"ipma"))


def _check_avif(content: bytes) -> None:
    tables = 0
    for kind, start, end in _boxes(content, 0, len(content)):
        if kind == b"meta":
            inside = list(_boxes(content, start + 4, end))
            inside += [box for kind, *place in inside if kind == b"iprp" for box in _boxes(content, *place)]
            tables += sum(end - start for kind, start, end in inside if kind in TABLES)
    if tables > LARGEST_TABLES:
        raise too_many("parts")


def _boxes(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type of each box between two places, start and end of what is in it."""
    while start + 8 <= end:
        length, head = int.from_bytes(content[start : start + 4]), 8
        if length == 1:
            length, head = int.from_bytes(content[start + 8 : start + 16]), 16
        stop = end if length == 0 else min(start + length, end)
        yield content[start + 4 : start + 8], start + head, stop
        start = max(stop, start + head)
