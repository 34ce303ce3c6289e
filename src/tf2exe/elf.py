"""ELF files: what they ask of the machine, as far as the loader reads it."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

if TYPE_CHECKING:
    from collections.abc import Iterable

MAGIC = b"\x7fELF"
NEED = struct.Struct("<HHIII")
"""An entry of `.gnu.version_r`: version of the format, count, file, first version, next entry."""
VERSION = struct.Struct("<IHHII")
"""A version in it: hash, flags, number, name, next version."""
BITS, WORD = 64, 8
SYMBOL = struct.Struct("<IBBHQQ")
"""Name, information, other, section, value, size."""
HIDDEN = 0x8000

ABI = {"GLIBC_ABI_DT_RELR": (2, 36)}
"""Not versions of functions, but abilities of the loader, and since when it has them."""


def glibc_version(name: str) -> tuple[int, ...]:
    """A version's name as the numbers of a glibc; empty: it is another library's."""
    found = re.fullmatch(r"GLIBC_(\d+(?:\.\d+)*)", name)
    return tuple(map(int, found[1].split("."))) if found else ABI.get(name, ())


@dataclass(frozen=True)
class Symbol:
    """A symbol of a file and its place in the table."""

    index: int
    name: str


@dataclass(frozen=True)
class Ask:
    """A version of a library that a file asks for.

    Attributes:
        library: the file that must have it.
        version: its name, as `GLIBC_2.17`.
        number: under which symbols refer to it.
        symbols: those of this version.
    """

    library: str
    version: str
    number: int
    symbols: tuple[Symbol, ...]

    @property
    def glibc(self) -> tuple[int, ...]:
        """The version of glibc as numbers; empty: another library's."""
        return glibc_version(self.version)


@dataclass(frozen=True)
class Place:
    """Where a table lies in its file."""

    offset: int
    size: int


@dataclass(frozen=True)
class Tables:
    """The version tables of a file, and where they are.

    Attributes:
        machine: the processor, in ELF's words.
        asks: every version that is asked for.
        numbers: place of the symbols' version numbers.
        needs: place of the list of versions.
        counts: where the number of its entries stands: (position, how it is written).
        constructors: how many functions are called before the program begins.
    """

    machine: str
    asks: tuple[Ask, ...]
    numbers: Place
    needs: Place
    counts: tuple[tuple[int, str], ...]
    constructors: int


@dataclass(frozen=True)
class Binary:
    """What a native file is and asks for.

    Attributes:
        architecture: the processor, as `uname -m` calls it.
        loader: the program that loads it, if it names one.
        needed: the libraries that it asks for.
        search: where it looks for them.
        asks: versions of libraries that it asks for.
    """

    architecture: str
    loader: str
    needed: tuple[str, ...]
    search: tuple[str, ...]
    asks: tuple[Ask, ...]


def read(stream: IO[bytes]) -> Binary | None:
    """Reads a native file; None: it is another kind of file, or damaged."""
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        return None
    try:
        file = ELFFile(stream)
        tags = [tag for part in file.iter_segments("PT_DYNAMIC") for tag in part.iter_tags()]
        loaders = [part.get_interp_name() for part in file.iter_segments("PT_INTERP")]
        found = _tables(file)
    except (ELFError, OSError, struct.error, UnicodeError, ValueError):
        return None
    search = [
        tag.runpath if tag.entry.d_tag == "DT_RUNPATH" else tag.rpath
        for tag in tags
        if tag.entry.d_tag in {"DT_RUNPATH", "DT_RPATH"}
    ]
    return Binary(
        architecture=file["e_machine"].removeprefix("EM_").lower(),
        loader=loaders[0] if loaders else "",
        needed=tuple(tag.needed for tag in tags if tag.entry.d_tag == "DT_NEEDED"),
        search=tuple(part for text in search for part in text.split(":") if part),
        asks=found.asks if found else (),
    )


def tables(stream: IO[bytes]) -> Tables | None:
    """The version tables of a file; None: it has none, or is of another kind.

    Raises:
        ELFError: it is damaged.
    """
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        return None
    try:
        return _tables(ELFFile(stream))
    except (struct.error, UnicodeError, ValueError) as error:
        raise ELFError(str(error)) from error


def versions(stream: IO[bytes]) -> list[str]:
    """The names of all versions that a file asks for; read in a moment. None of other files."""
    stream.seek(0)
    if stream.read(len(MAGIC)) != MAGIC:
        return []
    try:
        section = ELFFile(stream).get_section_by_name(".gnu.version_r")
        return [version.name for _, found in section.iter_versions() for version in found] if section else []
    except (ELFError, OSError, UnicodeError):
        return []


def symbols(stream: IO[bytes], *, defined: bool) -> set[str]:
    """The names that a library has for others, or those that it wants of them.

    Raises:
        ELFError: it is damaged, or no ELF file.
    """
    file = ELFFile(stream)
    table = file.get_section_by_name(".dynsym")
    if table is None:
        return set()
    texts = file.get_section(table["sh_link"]).data()
    # As a table: pyelftools makes an object of each of the thousands.
    rows = SYMBOL.iter_unpack(table.data())
    return {_text(texts, row[0]) for row in rows if (row[3] != 0) == defined} - {""}


def newest(asks: Iterable[Ask]) -> tuple[int, ...]:
    """The newest version of glibc among them; empty: none."""
    return max((ask.glibc for ask in asks), default=())


def _tables(file: ELFFile) -> Tables | None:
    needs, numbers = file.get_section_by_name(".gnu.version_r"), file.get_section_by_name(".gnu.version")
    symbols, dynamic = file.get_section_by_name(".dynsym"), file.get_section_by_name(".dynamic")
    is_usual = file.elfclass == BITS and file.little_endian
    if not is_usual or any(section is None for section in (needs, numbers, symbols, dynamic)):
        return None
    texts = file.get_section(symbols["sh_link"]).data()
    by_number: dict[int, list[Symbol]] = {}
    rows = symbols.data()
    for index, (number,) in enumerate(struct.iter_unpack("<H", numbers.data())):
        if number & ~HIDDEN > 1:
            (name,) = struct.unpack_from("<I", rows, index * SYMBOL.size)
            by_number.setdefault(number & ~HIDDEN, []).append(Symbol(index, _text(texts, name)))
    asks = [
        Ask(_text(texts, library), _text(texts, name), number, tuple(by_number.get(number, ())))
        for library, versions in entries(needs.data())
        for _, _, number, name in versions
    ]
    header = file["e_shoff"] + file["e_shentsize"] * file.get_section_index(".gnu.version_r")
    counts = [(header + 44, "<I")]  # sh_info
    counts += [
        (dynamic["sh_offset"] + position * 16 + 8, "<Q")
        for position, tag in enumerate(dynamic.iter_tags())
        if tag.entry.d_tag == "DT_VERNEEDNUM"
    ]
    sizes = [tag.entry.d_val for tag in dynamic.iter_tags("DT_INIT_ARRAYSZ")]
    return Tables(
        file["e_machine"], tuple(asks), _place(numbers), _place(needs), tuple(counts), sum(sizes) // WORD
    )


def entries(data: bytes) -> list[tuple[int, list[tuple[int, int, int, int]]]]:
    """The list of wanted versions: (library, its versions: (hash, flags, number, name)); texts by place."""
    found = []
    position = 0
    while True:
        _, count, library, first, following = NEED.unpack_from(data, position)
        versions, place = [], position + first
        for _ in range(count):
            *version, step = VERSION.unpack_from(data, place)
            versions.append((version[0], version[1], version[2], version[3]))
            place += step
        found.append((library, versions))
        if following == 0:
            return found
        position += following


def _text(texts: bytes, place: int) -> str:
    return texts[place : texts.index(b"\0", place)].decode()


def _place(section: object) -> Place:
    return Place(section["sh_offset"], section["sh_size"])  # type: ignore[index] # pyelftools has no types
