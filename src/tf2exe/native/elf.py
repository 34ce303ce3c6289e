"""Reads ELF files: headers, segments, the dynamic section, symbols and their versions.

pyelftools reads the headers and the dynamic section. The symbol tables are unpacked here, because pyelftools
creates an object for each entry, and libtensorflow_cc has 446,000 symbols and 929,000 relocations.
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

from tf2exe.native.elf_versions import RequiredVersion, VersionedSymbol, parse_verneed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"\x7fELF"
BITS, WORD = 64, 8

SYMBOL = struct.Struct("<IBBHQQ")
"""Elf64_Sym: st_name, st_info (4 bits binding, 4 bits type), st_other, st_shndx, st_value, st_size."""

VERSION_HIDDEN = 0x8000
"""Flag in a symbol's version number (VERSYM_HIDDEN)."""

_DAMAGED = (ELFError, struct.error, ValueError, IndexError, KeyError, OverflowError)


class ElfError(ValueError):
    """The file is not an ELF file, or it is damaged."""


@dataclass(frozen=True)
class Section:
    """A section.

    Attributes:
        number: the index of its header.
        name: the name, such as `.dynsym`.
        offset: the position in the file.
        address: the virtual address.
        size: the size in bytes.
        link: the number of the linked section (sh_link), such as the string table.
        is_code: the section is executable.
        is_in_file: the section has bytes in the file (it is not SHT_NOBITS).
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
    """A loaded segment (PT_LOAD): offset and size in the file, virtual address, alignment."""

    offset: int
    size: int
    address: int
    alignment: int


Symbol = tuple[bytes, int, int, int, int, int]
"""The fields of `SYMBOL`, with the name in place of its offset. A plain tuple, because there are many."""


@dataclass(frozen=True)
class ElfBinary:
    """The requirements of an ELF file.

    Attributes:
        architecture: the processor, as in `uname -m`.
        loader: the dynamic loader (PT_INTERP); empty if there is none.
        needed: the libraries that it links to (DT_NEEDED).
        search_path: the folders of RUNPATH and RPATH.
        versions: the symbol versions that it requires.
    """

    architecture: str
    loader: str
    needed: tuple[str, ...]
    search_path: tuple[str, ...]
    versions: tuple[RequiredVersion, ...]


class ElfFile:
    """An ELF file. Tables are read at their first use, so the stream must stay open.

    Every method and property raises `ElfError` if the file is damaged.

    Attributes:
        machine: the processor, such as `EM_X86_64`.
        file_type: the type, such as `ET_DYN`.
        is_64_bit: the file is 64-bit and little-endian; symbols and versions are read from such files only.
        section_headers: the offset of the section headers.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        with _checked():
            stream.seek(0)
            self._file = ELFFile(stream)
            self.machine: str = str(self._file["e_machine"])
            self.file_type: str = str(self._file["e_type"])
            self.is_64_bit = self._file.elfclass == BITS and bool(self._file.little_endian)
            self.section_headers = int(self._file["e_shoff"])

    @property
    def architecture(self) -> str:
        """The processor, as in `uname -m`."""
        return self.machine.removeprefix("EM_").lower()

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in the order of their headers."""
        with _checked():
            return tuple(_section(number, each) for number, each in enumerate(self._file.iter_sections()))

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The loaded segments."""
        with _checked():
            return tuple(
                Segment(part["p_offset"], part["p_filesz"], part["p_vaddr"], part["p_align"])
                for part in self._file.iter_segments("PT_LOAD")
            )

    def section(self, name: str) -> Section | None:
        """The section of this name; None if there is none."""
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
        """The dynamic loader (PT_INTERP); empty if there is none."""
        with _checked():
            return next((str(part.get_interp_name()) for part in self._file.iter_segments("PT_INTERP")), "")

    @property
    def needed(self) -> tuple[str, ...]:
        """The libraries that it links to (DT_NEEDED)."""
        return tuple(tag.needed for tag in self._dynamic if tag.entry.d_tag == "DT_NEEDED")

    @property
    def search_path(self) -> tuple[str, ...]:
        """The folders of RUNPATH and RPATH; may contain `$ORIGIN`."""
        texts = [tag.runpath for tag in self._dynamic if tag.entry.d_tag == "DT_RUNPATH"]
        texts += [tag.rpath for tag in self._dynamic if tag.entry.d_tag == "DT_RPATH"]
        return tuple(folder for text in texts for folder in text.split(":") if folder)

    @property
    def constructors(self) -> int:
        """The number of functions that the loader calls when it loads the file."""
        sizes = [int(tag.entry.d_val) for tag in self._dynamic if tag.entry.d_tag == "DT_INIT_ARRAYSZ"]
        return sum(sizes) // WORD

    @cached_property
    def _dynamic(self) -> list[Any]:
        with _checked():  # from segments: they are few, and the loader reads them too
            return [tag for part in self._file.iter_segments("PT_DYNAMIC") for tag in part.iter_tags()]

    def symbols(self) -> list[Symbol]:
        """The dynamic symbol table; empty if the file has none or is not 64-bit."""
        rows, texts = self._symbol_table()
        end = texts.index
        with _checked():
            return [(texts[name : end(b"\0", name)], *rest) for name, *rest in SYMBOL.iter_unpack(rows)]

    def symbol_names(self) -> set[bytes]:
        """All names in the dynamic symbol table, defined or not; also reads files without section headers."""
        rows, texts = self._symbol_table()
        end = texts.index
        with _checked():
            if rows:  # reading only this column takes two thirds of the time
                offsets = [row[0] for row in SYMBOL.iter_unpack(rows)]
                return {texts[name : end(b"\0", name)] for name in offsets}
            parts = self._file.iter_segments("PT_DYNAMIC")
            return {symbol.name.encode() for part in parts for symbol in part.iter_symbols()}

    def _symbol_table(self) -> tuple[bytes, bytes]:
        """The bytes of the dynamic symbol table and of its strings; empty if the file has none."""
        table = self.section(".dynsym") if self.is_64_bit else None
        if table is None:
            return b"", b""
        with _checked():
            return self.content(table), self.content(self.sections[table.link])

    def version_names(self) -> list[str]:
        """The names of the required versions; much faster than `required_versions`."""
        return [name for _, _, name in self._required_versions()]

    def required_versions(self) -> tuple[RequiredVersion, ...]:
        """The required versions, with the symbols that require them."""
        numbers, needs = self.section(".gnu.version"), self._required_versions()
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

    def _required_versions(self) -> list[tuple[str, int, str]]:
        """The library, number and name of each required version."""
        section = self.section(".gnu.version_r") if self.is_64_bit else None
        if section is None:
            return []
        with _checked():
            text = self._file.get_section(section.link).get_string  # reads only the strings it needs
            return [
                (text(need.library), version.number, text(version.name))
                for need in parse_verneed(self.content(section))
                for version in need.versions
            ]


@contextmanager
def opened(path: Path) -> Iterator[ElfFile]:
    """Opens an ELF file.

    Raises:
        OSError: the file cannot be opened.
        ElfError: it is not an ELF file, or it is damaged.
    """
    with path.open("rb") as stream:
        yield ElfFile(stream)


def read_stream(stream: IO[bytes]) -> ElfBinary | None:
    """The requirements of an ELF file; None if it is another kind of file or damaged."""
    try:
        file = ElfFile(stream)
        return ElfBinary(
            file.architecture, file.loader, file.needed, file.search_path, file.required_versions()
        )
    except (ElfError, OSError):
        return None


def read_symbol_names(stream: IO[bytes], *, defined: bool) -> set[str]:
    """The names that a library exports, or the names that it imports.

    Raises:
        ElfError: it is not an ELF file, or it is damaged.
    """
    with _checked():
        rows = ElfFile(stream).symbols()
        return {row[0].decode() for row in rows if (row[3] != 0) == defined} - {""}


def all_symbol_names(path: Path) -> set[bytes]:
    """All names in the dynamic symbol table of an ELF file; empty for other files."""
    try:
        with opened(path) as file:
            return file.symbol_names()
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


def _text(texts: bytes, offset: int) -> str:
    return texts[offset : texts.index(b"\0", offset)].decode()
