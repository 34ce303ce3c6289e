"""Mutates valid files: numbers in their structure, pieces, bytes, lengths and names."""

from __future__ import annotations

import random
import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fuzzing.seeds import seeds
from fuzzing.structure import Structure, structure, with_checksums

if TYPE_CHECKING:
    from collections.abc import Callable

ENDINGS: Final = ("png", "jpg", "webp", "bmp", "gif", "tiff", "avif", "jp2", "ppm", "tga", "eps", "txt", "")
# The weight of each format; formats with complex parsers are chosen more often.
WEIGHTS: Final = {
    "png": 5, "jpg": 5, "webp": 4, "bmp": 4, "gif": 4, "tiff": 7, "avif": 4, "jp2": 4, "ppm": 3, "tga": 3,
    "refused": 1,
}  # fmt: skip
FIELD_WEIGHT: Final = 6


@dataclass(frozen=True)
class MalformedFile:
    """A malformed file, and how it was made.

    Attributes:
        name: Its file name, sometimes with the suffix of another format.
        content: Its bytes.
        origin: A description for people.
    """

    name: str
    content: bytes
    origin: str


def malformed_file(number: int) -> MalformedFile:
    """The file with a number: the same on every machine with the same version of Pillow."""
    rng = random.Random(number)  # noqa: S311  no secret
    kind = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    seed, content = rng.choice(list(seeds()[kind].items()))
    edits = []
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
        edit = rng.choice(EDITS)
        edits.append(edit.__name__)
        content = edit(content, kind, rng)
    if kind == "png" and rng.random() < 0.8:
        content = with_checksums(content)
    ending = kind if rng.random() < 0.7 else rng.choice(ENDINGS)
    return MalformedFile(f"{number}.{ending}", content, f"{kind} {seed}: {', '.join(edits)}")


@lru_cache(maxsize=256)
def _known(kind: str, content: bytes) -> Structure:
    return structure(kind, content)


def number(content: bytes, kind: str, rng: random.Random) -> bytes:
    """Changes the number in a field."""
    fields = _structure(kind, content).fields
    if not fields:
        return byte(content, kind, rng)
    at = rng.choice(fields)
    order = "little" if at.order == "<" else "big"
    old = int.from_bytes(content[at.start : at.start + at.size], order)  # type: ignore[arg-type]
    limit = 1 << 8 * at.size
    new = rng.choice((
        0, 1, 2, limit - 1, limit - 2, limit // 2, limit // 2 - 1, old + 1, old - 1, old * 2, old // 2,
        old ^ 255, old ^ limit // 2, len(content), rng.randrange(limit), rng.randrange(256),
        1 << rng.randrange(8 * at.size),
    ))  # fmt: skip
    value = (new % limit).to_bytes(at.size, order)  # type: ignore[arg-type]
    return content[: at.start] + value + content[at.start + at.size :]


def piece(content: bytes, kind: str, rng: random.Random) -> bytes:
    """Omits, doubles, repeats or moves a piece, or takes one from another file of the format."""
    pieces = _structure(kind, content).pieces
    if not pieces:
        return splice(content, kind, rng)
    start, end = rng.choice(pieces)
    place, _ = rng.choice(pieces)
    taken = content[start:end]
    other = rng.choice(list(seeds()[kind].values()))
    other_start, other_end = rng.choice(_structure(kind, other).pieces or [(0, len(other))])
    without = content[:start] + content[end:]
    return rng.choice((
        without,
        content[:end] + taken + content[end:],
        content[:end] + taken * rng.randrange(2, 300) + content[end:],
        without[:place] + taken + without[place:],
        content[:start] + other[other_start:other_end] + content[end:],
        content[:end] + other[other_start:other_end] + content[end:],
    ))  # fmt: skip


def byte(content: bytes, _: str, rng: random.Random) -> bytes:
    """Changes a few bytes anywhere."""
    changed = bytearray(content)
    for _again in range(rng.choice((1, 1, 2, 4, 16))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.choice((0, 255, rng.randrange(256)))
    return bytes(changed)


def end(content: bytes, _: str, rng: random.Random) -> bytes:
    """Truncates the file, or appends bytes."""
    if rng.random() < 0.7:
        return content[: rng.randrange(len(content) + 1)]
    return content + rng.choice((b"\0" * 1000, rng.randbytes(100), content))


def run(content: bytes, _: str, rng: random.Random) -> bytes:
    """Omits, inserts or overwrites a run of bytes."""
    start = rng.randrange(len(content) + 1)
    length = rng.choice((1, 2, 4, 16, 100))
    filling = rng.choice((b"\0" * length, b"\xff" * length, rng.randbytes(length), b"9" * length, b""))
    return content[:start] + filling + content[start + rng.choice((0, length)) :]


def splice(content: bytes, kind: str, rng: random.Random) -> bytes:
    """Joins the beginning of one file and the end of another."""
    kinds = list(seeds())
    other = rng.choice(list(seeds()[kind if rng.random() < 0.7 else rng.choice(kinds)].values()))
    at = rng.randrange(len(content) + 1)
    return content[:at] + other[rng.choice((at, rng.randrange(len(other) + 1))) :]


def text(content: bytes, _: str, rng: random.Random) -> bytes:
    """Changes a number that is written in digits."""
    digits = list(re.finditer(rb"\d+", content[:100]))
    if not digits:
        return byte(content, "", rng)
    place = rng.choice(digits)
    new = rng.choice(
        (b"0", b"1", b"-1", b"65535", b"65536", b"99999", b"4294967296", b"1e9", b"nan", b"", b"1_0", b"# ")
    )
    return content[: place.start()] + new + content[place.end() :]


def _structure(kind: str, content: bytes) -> Structure:
    try:
        return _known(kind, content)
    except (IndexError, ValueError, struct.error):  # an earlier mutation has made it unreadable
        return Structure()


EDITS: Final[list[Callable[[bytes, str, random.Random], bytes]]] = [
    *[number] * FIELD_WEIGHT, piece, piece, byte, byte, end, run, splice, text,
]  # fmt: skip
