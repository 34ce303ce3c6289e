"""Versions of symbols in ELF files: what `.gnu.version_r` says, and how it is written."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ABI = {"GLIBC_ABI_DT_RELR": (2, 36)}
"""Not versions of functions, but abilities of the loader, and since when it has them."""


@dataclass(frozen=True)
class VersionedSymbol:
    """A symbol that needs a version of a library, and its place in the symbol table."""

    index: int
    name: str


@dataclass(frozen=True)
class RequiredVersion:
    """A version of a library that a file needs.

    Attributes:
        library: the file that must have it.
        version: its name, as `GLIBC_2.17`.
        number: under which symbols refer to it.
        symbols: those that need it.
    """

    library: str
    version: str
    number: int
    symbols: tuple[VersionedSymbol, ...]

    @property
    def glibc(self) -> tuple[int, ...]:
        """The version of glibc as numbers; empty: of another library."""
        return glibc_version(self.version)


@dataclass(frozen=True)
class NeedVersion:
    """An entry for a version (Vernaux) and its position there; `name` is the offset of a string."""

    FORM: ClassVar = struct.Struct("<IHHII")

    position: int
    hash: int
    flags: int
    number: int
    name: int


@dataclass(frozen=True)
class Need:
    """An entry for a library (Verneed) and its position there; `library` is the offset of a string."""

    FORM: ClassVar = struct.Struct("<HHIII")

    position: int
    library: int
    versions: tuple[NeedVersion, ...]


def parse_needs(data: bytes) -> Iterator[Need]:
    """The entries of a section `.gnu.version_r`.

    Raises:
        struct.error: it is cut off.
        ValueError: it is damaged.
    """
    position, following = 0, -1
    while following:
        _, count, library, first, following = Need.FORM.unpack_from(data, position)
        versions, place, step = [], position + first, -1
        for _ in range(count):
            if step == 0:
                raise ValueError("a list of versions is shorter than it says")
            *values, step = NeedVersion.FORM.unpack_from(data, place)
            versions.append(NeedVersion(place, *values))
            place += step
        yield Need(position, library, tuple(versions))
        position += following


def pack_needs(needs: Sequence[Need]) -> bytes:
    """The section for these entries, whose positions do not matter."""
    parts = []
    for last, need in enumerate(needs, 1 - len(needs)):
        size = Need.FORM.size + len(need.versions) * NeedVersion.FORM.size
        parts.append(Need.FORM.pack(1, len(need.versions), need.library, Need.FORM.size, size if last else 0))
        for left, version in enumerate(need.versions, 1 - len(need.versions)):
            values = (version.hash, version.flags, version.number, version.name)
            parts.append(NeedVersion.FORM.pack(*values, NeedVersion.FORM.size if left else 0))
    return b"".join(parts)


def glibc_version(name: str) -> tuple[int, ...]:
    """A version's name as the numbers of a glibc; empty: it is another library's."""
    found = re.fullmatch(r"GLIBC_(\d+(?:\.\d+)*)", name)
    return tuple(map(int, found[1].split("."))) if found else ABI.get(name, ())


def newest(versions: Iterable[RequiredVersion]) -> tuple[int, ...]:
    """The newest version of glibc among them; empty: none."""
    return max((version.glibc for version in versions), default=())
