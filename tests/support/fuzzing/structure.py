"""Finds the numbers and the pieces of image files, so that mutations change what decoders read."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Field:
    """A number in a file: offset, size in bytes and byte order."""

    start: int
    size: int
    order: str = ">"


@dataclass
class Structure:
    """The structure of a file.

    Attributes:
        fields: Numbers that a decoder reads.
        pieces: Starts and ends of chunks, segments, boxes and entries, which mutations omit or move.
    """

    fields: list[Field] = field(default_factory=list)
    pieces: list[tuple[int, int]] = field(default_factory=list)

    def numbers(self, start: int, sizes: str, order: str = ">") -> None:
        """Consecutive fields; each digit is the size of one."""
        for size in map(int, sizes):
            self.fields.append(Field(start, size, order))
            start += size


FEW: Final = 64  # bytes of a piece that are separate fields


def png(content: bytes) -> Structure:
    """Chunks: length, type, and the first bytes of the data, or the numbers of the header."""
    found, place = Structure(), 8
    while place + 12 <= len(content):
        length = int.from_bytes(content[place : place + 4])
        found.numbers(place, "44")
        header = content[place + 4 : place + 8] == b"IHDR"
        found.numbers(place + 8, "4411111" if header else "1" * min(length, FEW))
        found.pieces.append((place, place + 12 + length))
        place += 12 + length
    return found


def with_checksums(content: bytes) -> bytes:
    """Corrects the checksums of a PNG, so that decoders do not stop at them."""
    whole, place = bytearray(content), 8
    while place + 12 <= len(whole):
        end = place + 8 + int.from_bytes(whole[place : place + 4])
        if end + 4 > len(whole):
            break
        whole[end : end + 4] = zlib.crc32(whole[place + 4 : end]).to_bytes(4)
        place = end + 4
    return bytes(whole)


def jpeg(content: bytes) -> Structure:
    """Segments up to each scan: marker, length, the first bytes."""
    found, place = Structure(), 2
    while (place := content.find(b"\xff", place)) >= 0 and place + 4 <= len(content):
        if content[place + 1] in (0, 0xFF, *range(0xD0, 0xDA)):
            place += 1
            continue
        length = int.from_bytes(content[place + 2 : place + 4])
        found.numbers(place + 1, "12")
        found.numbers(place + 4, "122" + "1" * min(max(length - 7, 0), FEW))
        found.pieces.append((place, place + 2 + length))
        place += 2 + length
    return found


def riff(content: bytes) -> Structure:
    """Chunks, including those inside a frame."""
    found = Structure(fields=[Field(4, 4, "<")])
    place = 12
    while place + 8 <= len(content):
        length = int.from_bytes(content[place + 4 : place + 8], "little")
        found.numbers(place, "44", "<")
        found.numbers(place + 8, "43333111" if content[place] == ord("V") else "333331", "<")
        found.numbers(place + 8, "1" * min(length, FEW))
        inside = 24 if content[place : place + 4] == b"ANMF" else 8 + length + length % 2
        found.pieces.append((place, place + 8 + length + length % 2))
        place += inside
    return found


def bmp(content: bytes) -> Structure:
    """File header, bitmap header, masks, palette."""
    found = Structure(pieces=[(14, 54), (54, 118), (54, len(content))])
    found.numbers(0, "1144", "<")
    found.numbers(10, "444422444444", "<")
    found.numbers(54, "4444", "<")
    found.numbers(54, "1" * min(FEW, len(content) - 54), "<")
    return found


def gif(content: bytes) -> Structure:
    """Screen, extensions, images, their blocks of data."""
    found = Structure()
    found.numbers(6, "22111", "<")
    place = 13 + (3 << (content[10] & 7) + 1 if content[10] & 128 else 0)
    while place + 11 < len(content) and content[place : place + 1] in (b"!", b","):
        start = place
        if content[place] == ord("!"):
            found.numbers(place, "11", "<")
            place += 2
        else:
            found.numbers(place, "122221", "<")
            flags = content[place + 9]
            place += 10 + (3 << (flags & 7) + 1 if flags & 128 else 0)
            found.numbers(place, "1", "<")
            place += 1
        while place < len(content) and content[place]:
            found.numbers(place, "1111", "<")
            place += 1 + content[place]
        place += 1
        found.pieces.append((start, place))
    return found


def tiff(content: bytes, start: int = 0) -> Structure:
    """Header, all directories, their entries, and the first values of each entry."""
    found = Structure()
    order = "<" if content[start : start + 1] == b"I" else ">"
    found.numbers(start, "224", order)
    if content[start + 2 : start + 4] in (b"+\0", b"\0+"):
        found.numbers(start + 8, "88" + "228422882288" * 4, order)
        return found
    seen: set[int] = set()
    place = struct.unpack_from(f"{order}I", content, start + 4)[0] + start
    while place not in seen and start < place < len(content) - 6:
        seen.add(place)
        (entries,) = struct.unpack_from(f"{order}H", content, place)
        found.numbers(place, "2", order)
        for row in range(place + 2, min(place + 2 + 12 * entries, len(content) - 11), 12):
            found.numbers(
                row, "224" + ("2" if content[row + 2 : row + 4] in (b"\3\0", b"\0\3") else "4"), order
            )
            found.pieces.append((row, row + 12))
            value = struct.unpack_from(f"{order}I", content, row + 8)[0] + start
            if value + 8 < len(content):
                found.numbers(value, "2222", order)
        place += 2 + 12 * entries
        found.numbers(place, "4", order)
        if place + 4 <= len(content):
            place = struct.unpack_from(f"{order}I", content, place)[0] + start
    return found


# Boxes that contain boxes, and the offsets of these.
INSIDE: Final = {
    b"meta": 12, b"iprp": 8, b"ipco": 8, b"iinf": 14, b"moov": 8, b"trak": 8, b"mdia": 8, b"minf": 8,
    b"stbl": 8, b"stsd": 16, b"jp2h": 8, b"res ": 8,
}  # fmt: skip


def boxes(content: bytes) -> Structure:
    """Nested boxes (AVIF, JPEG 2000), and the markers of a JPEG 2000 code stream."""
    found, place = Structure(), 0
    while place + 8 <= len(content):
        length = int.from_bytes(content[place : place + 4])
        kind = content[place + 4 : place + 8]
        if length < 8 or place + length > len(content):
            break
        found.numbers(place, "44")
        found.numbers(place + 8, "4" * min(12, (length - 8) // 4))
        found.numbers(place + 8, "1" * min(FEW, length - 8))
        found.pieces.append((place, place + length))
        place += INSIDE.get(kind, length)
    code = content.find(b"\xff\x4f\xff\x51")
    if code >= 0:
        found.numbers(code + 4, "2244444444211111111")
        found.numbers(code + 40, "1" * FEW)
        marker = code
        while (marker := content.find(b"\xff", marker + 2)) >= 0 and marker + 14 < len(content):
            found.numbers(marker, "2224111")
    return found


def tga(content: bytes) -> Structure:
    """The header, and the footer's offsets."""
    found = Structure(pieces=[(0, 18), (18, 66), (18, len(content))])
    found.numbers(0, "111221222211", "<")
    found.numbers(18, "1" * min(FEW, len(content) - 18), "<")
    found.numbers(len(content) - 26, "44", "<")
    return found


def ppm(content: bytes) -> Structure:
    """Bytes of a text header."""
    found = Structure(pieces=[(0, 3), (3, 9), (9, 13)])
    found.numbers(0, "1" * min(20, len(content)))
    return found


FINDERS: Final[dict[str, Callable[[bytes], Structure]]] = {
    "png": png, "jpg": jpeg, "webp": riff, "bmp": bmp, "gif": gif, "tiff": tiff, "avif": boxes, "jp2": boxes,
    "tga": tga, "ppm": ppm,
}  # fmt: skip


def structure(kind: str, content: bytes) -> Structure:
    """The structure of a file; empty for formats that the program refuses."""
    found = FINDERS[kind](content) if kind in FINDERS else Structure()
    size = len(content)
    fields = [f for f in found.fields if f.start >= 0 and f.start + f.size <= size]
    return Structure(fields, [(start, end) for start, end in found.pieces if start < end <= size])
