"""Symbol versions in ELF files: reads and writes `.gnu.version_r`."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ABI = {"GLIBC_ABI_DT_RELR": (2, 36)}
"""Features of the loader that are listed as versions, with the glibc version that introduced them."""


@dataclass(frozen=True)
class VersionedSymbol:
    """A symbol that requires a version, and its index in the symbol table."""

    index: int
    name: str


@dataclass(frozen=True)
class RequiredVersion:
    """A version that a file requires of a library.

    Attributes:
        library: the name of the library.
        version: the name of the version, such as `GLIBC_2.17`.
        number: the number by which symbols refer to it.
        symbols: the symbols that require it.
    """

    library: str
    version: str
    number: int
    symbols: tuple[VersionedSymbol, ...]

    @property
    def glibc(self) -> tuple[int, ...]:
        """The glibc version as numbers; empty for other libraries."""
        return glibc_version(self.version)


@dataclass(frozen=True)
class Vernaux:
    """The entry of a version, and its position in the section; `name` is a string offset."""

    STRUCT: ClassVar = struct.Struct("<IHHII")

    position: int
    hash: int
    flags: int
    number: int
    name: int


@dataclass(frozen=True)
class Verneed:
    """The entry of a library, and its position in the section; `library` is a string offset."""

    STRUCT: ClassVar = struct.Struct("<HHIII")

    position: int
    library: int
    versions: tuple[Vernaux, ...]


def parse_verneed(data: bytes) -> Iterator[Verneed]:
    """The entries of `.gnu.version_r`.

    Raises:
        struct.error: the section is cut off.
        ValueError: it is damaged.
    """
    position, following = 0, -1
    while following:
        _, count, library, first, following = Verneed.STRUCT.unpack_from(data, position)
        versions, part, step = [], position + first, -1
        for _ in range(count):
            if step == 0:
                raise ValueError("a list of versions is shorter than its count")
            *values, step = Vernaux.STRUCT.unpack_from(data, part)
            versions.append(Vernaux(part, *values))
            part += step
        yield Verneed(position, library, tuple(versions))
        position += following


def pack_verneed(needs: Sequence[Verneed]) -> bytes:
    """The bytes of `.gnu.version_r` with these entries; their positions are ignored."""
    parts = []
    for last, need in enumerate(needs, 1 - len(needs)):
        size = Verneed.STRUCT.size + len(need.versions) * Vernaux.STRUCT.size
        parts.append(
            Verneed.STRUCT.pack(1, len(need.versions), need.library, Verneed.STRUCT.size, size if last else 0)
        )
        for left, version in enumerate(need.versions, 1 - len(need.versions)):
            values = (version.hash, version.flags, version.number, version.name)
            parts.append(Vernaux.STRUCT.pack(*values, Vernaux.STRUCT.size if left else 0))
    return b"".join(parts)


def glibc_version(name: str) -> tuple[int, ...]:
    """The glibc version of a version name, as numbers; empty for versions of other libraries."""
    found = re.fullmatch(r"GLIBC_(\d+(?:\.\d+)*)", name)
    return tuple(map(int, found[1].split("."))) if found else ABI.get(name, ())


def newest_glibc(versions: Iterable[RequiredVersion]) -> tuple[int, ...]:
    """The newest required glibc version; empty if glibc is not required."""
    return max((version.glibc for version in versions), default=())
