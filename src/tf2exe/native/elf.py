"""ELF files: the one reader of their headers and of what the loader reads in them.

pyelftools reads headers and the dynamic section. Tables with an entry for each symbol are unpacked here:
pyelftools makes an object of each entry, and libtensorflow_cc has 446,000 symbols and 929,000 relocations.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from tf2exe.native.elf_versions import RequiredVersion, VersionedSymbol, parse_needs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"\x7fELF"
BITS, WORD = 64, 8

SYMBOL = struct.Struct("<IBBHQQ")
"""Name, information (4 bits binding, 4 bits kind), other, section, value, size."""

VERSION_HIDDEN = 0x8000
"""Flag of a symbol's version number."""

_DAMAGED = (ELFError, struct.error, ValueError, IndexError, KeyError, OverflowError)


class ElfError(ValueError):
    """This is not an ELF file, or it is damaged."""


@dataclass(frozen=True)
class Section:
    """A section.

    Attributes:
        number: of its header.
        name: as in `.dynsym`.
        offset: where it is in the file.
        address: where it is in memory.
        size: in bytes.
        link: the number of the section that belongs to it, such as its strings.
        is_code: it is executable.
        is_in_file: it has bytes in the file.
    """

    number: int
    name: str
    offset: int
    address: int
    size: int
    link: int
    is_code: bool
    is_in_file: bool


@dataclass(frozen=True)
class Segment:
    """A part of the file that is loaded: its offset and bytes there, its address and its alignment."""

    offset: int
    size: int
    address: int
    alignment: int


Symbol = tuple[bytes, int, int, int, int, int]
"""As `SYMBOL`, with the name itself. A tuple because there are many."""


@dataclass(frozen=True)
class Binary:
    """What a native file is and needs.

    Attributes:
        architecture: the processor, as `uname -m` calls it.
        loader: the program that loads it, if it names one.
        needed: the libraries that it links to.
        search: where it looks for them (RUNPATH, RPATH).
        versions: of libraries that it needs.
    """

    architecture: str
    loader: str
    needed: tuple[str, ...]
    search: tuple[str, ...]
    versions: tuple[RequiredVersion, ...]


class ElfFile:
    """An ELF file whose tables are read when they are first used; its stream stays open until then.

    Everything that reads raises `ElfError` where the file is damaged.

    Attributes:
        machine: the processor, as `EM_X86_64`.
        kind: as `ET_DYN`.
        is_64_bit: 64 bits, little-endian: what is required to read symbols and versions.
        headers: the offset of the section headers.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        with _checked():
            stream.seek(0)
            self._file = ELFFile(stream)
            self.machine: str = str(self._file["e_machine"])
            self.kind: str = str(self._file["e_type"])
            self.is_64_bit = self._file.elfclass == BITS and bool(self._file.little_endian)
            self.headers = int(self._file["e_shoff"])

    @property
    def architecture(self) -> str:
        """The processor, as `uname -m` calls it."""
        return self.machine.removeprefix("EM_").lower()

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in the order of their headers."""
        with _checked():
            return tuple(_section(number, each) for number, each in enumerate(self._file.iter_sections()))

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments that are loaded."""
        with _checked():
            return tuple(
                Segment(part["p_offset"], part["p_filesz"], part["p_vaddr"], part["p_align"])
                for part in self._file.iter_segments("PT_LOAD")
            )

    def section(self, name: str) -> Section | None:
        """The section of a name; None: there is none."""
        return next((section for section in self.sections if section.name == name), None)

    def content(self, section: Section) -> bytes:
        """The bytes of a section."""
        with _checked():
            self._file.stream.seek(section.offset)
            data: bytes = self._file.stream.read(section.size)
        if len(data) != section.size:
            raise ElfError(f"{section.name} is cut off")
        return data

    @property
    def loader(self) -> str:
        """The program that loads it; empty: it names none."""
        with _checked():
            return next((str(part.get_interp_name()) for part in self._file.iter_segments("PT_INTERP")), "")

    @property
    def needed(self) -> tuple[str, ...]:
        """The libraries that it links to."""
        return tuple(tag.needed for tag in self._dynamic if tag.entry.d_tag == "DT_NEEDED")

    @property
    def search(self) -> tuple[str, ...]:
        """The folders in which it looks for them; may contain `$ORIGIN`."""
        texts = [tag.runpath for tag in self._dynamic if tag.entry.d_tag == "DT_RUNPATH"]
        texts += [tag.rpath for tag in self._dynamic if tag.entry.d_tag == "DT_RPATH"]
        return tuple(folder for text in texts for folder in text.split(":") if folder)

    @property
    def constructors(self) -> int:
        """How many functions are called when it is loaded."""
        sizes = [int(tag.entry.d_val) for tag in self._dynamic if tag.entry.d_tag == "DT_INIT_ARRAYSZ"]
        return sum(sizes) // WORD

    @cached_property
    def _dynamic(self) -> list[Any]:
        with _checked():  # Segments, not sections: they are few, and the loader reads them too.
            return [tag for part in self._file.iter_segments("PT_DYNAMIC") for tag in part.iter_tags()]

    def symbols(self) -> list[Symbol]:
        """The dynamic symbol table; empty: the file has no such section, or is not 64-bit."""
        rows, texts = self._symbol_table()
        end = texts.index
        with _checked():
            return [(texts[name : end(b"\0", name)], *rest) for name, *rest in SYMBOL.iter_unpack(rows)]

    def names(self) -> set[bytes]:
        """The names of the dynamic symbol table, defined or not, also of a file without sections."""
        rows, texts = self._symbol_table()
        end = texts.index
        with _checked():
            if rows:  # without the other columns it takes two thirds of the time
                offsets = [row[0] for row in SYMBOL.iter_unpack(rows)]
                return {texts[name : end(b"\0", name)] for name in offsets}
            parts = self._file.iter_segments("PT_DYNAMIC")
            return {symbol.name.encode() for part in parts for symbol in part.iter_symbols()}

    def _symbol_table(self) -> tuple[bytes, bytes]:
        """The rows of the dynamic symbol table and their strings; empty: none that is read here."""
        table = self.section(".dynsym") if self.is_64_bit else None
        if table is None:
            return b"", b""
        with _checked():
            return self.content(table), self.content(self.sections[table.link])

    def version_names(self) -> list[str]:
        """The names of all versions that it needs; takes a moment, unlike `required_versions`."""
        return [name for _, _, name in self._needs()]

    def required_versions(self) -> tuple[RequiredVersion, ...]:
        """All versions that it needs, with the symbols that need them; none: it has no such tables."""
        numbers, needs = self.section(".gnu.version"), self._needs()
        if not needs or numbers is None:
            return ()
        by_number: dict[int, list[VersionedSymbol]] = {}
        rows, texts = self._symbol_table()
        with _checked():
            for index, (number,) in enumerate(struct.iter_unpack("<H", self.content(numbers))):
                if number & ~VERSION_HIDDEN > 1:
                    (name,) = struct.unpack_from("<I", rows, index * SYMBOL.size)
                    symbol = VersionedSymbol(index, _text(texts, name))
                    by_number.setdefault(number & ~VERSION_HIDDEN, []).append(symbol)
        return tuple(
            RequiredVersion(library, name, number, tuple(by_number.get(number, ())))
            for library, number, name in needs
        )

    def _needs(self) -> list[tuple[str, int, str]]:
        """The library, number and name of each version that it needs."""
        section = self.section(".gnu.version_r") if self.is_64_bit else None
        if section is None:
            return []
        with _checked():
            text = self._file.get_section(section.link).get_string  # a few of the many strings
            return [
                (text(need.library), version.number, text(version.name))
                for need in parse_needs(self.content(section))
                for version in need.versions
            ]


@contextmanager
def opened(path: Path) -> Iterator[ElfFile]:
    """An ELF file, to be read.

    Raises:
        OSError: it cannot be opened.
        ElfError: it is another kind of file, or damaged.
    """
    with path.open("rb") as stream:
        yield ElfFile(stream)


def read(stream: IO[bytes]) -> Binary | None:
    """What a native file is and needs; None: it is another kind of file, or damaged."""
    try:
        file = ElfFile(stream)
        return Binary(file.architecture, file.loader, file.needed, file.search, file.required_versions())
    except (ElfError, OSError):
        return None


def symbols(stream: IO[bytes], *, defined: bool) -> set[str]:
    """The names that a library has for others, or those that it needs of them.

    Raises:
        ElfError: it is damaged, or not an ELF file.
    """
    with _checked():
        rows = ElfFile(stream).symbols()
        return {row[0].decode() for row in rows if (row[3] != 0) == defined} - {""}


def names_in(path: Path) -> set[bytes]:
    """Every name in a native file's symbol table; of another file: none."""
    try:
        with opened(path) as file:
            return file.names()
    except (OSError, ElfError):
        return set()


@contextmanager
def _checked() -> Iterator[None]:
    try:
        yield
    except ElfError:
        raise
    except _DAMAGED as error:
        raise ElfError(str(error) or type(error).__name__) from error


def _section(number: int, section: Any) -> Section:  # noqa: ANN401 - pyelftools has no types
    return Section(
        number,
        section.name,
        section["sh_offset"],
        section["sh_addr"],
        section["sh_size"],
        section["sh_link"],
        is_code=bool(section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR),
        is_in_file=section["sh_type"] != "SHT_NOBITS",
    )


def _text(texts: bytes, place: int) -> str:
    return texts[place : texts.index(b"\0", place)].decode()
