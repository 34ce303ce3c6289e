"""The tables that the loader reads in a native library for x86-64 Linux: read, and written back in place."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tf2exe.elf import SYMBOL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RELOCATION = struct.Struct("<QQQ")
ENTRY = struct.Struct("<QQ")
_NEEDED_SECTIONS = (".dynsym", ".dynstr", ".gnu.hash", ".gnu.version", ".rela.dyn", ".rela.plt", ".dynamic")
_NAMES = (1, 14, 15, 29)
"""Entries of the dynamic section that name something: NEEDED, SONAME, RPATH, RUNPATH."""

STRSZ, RELASZ, RELACOUNT, JMPREL, PLTRELSZ = 10, 8, 0x6FFFFFF9, 23, 2
_UNREAD = frozenset((4, 17, 36))
"""Entries for which this knows nothing to write: HASH, REL, RELR."""


Symbol = tuple[bytes, int, int, int, int, int]
"""Name, information (4 bits binding, 4 bits kind), other, section, value, size."""

Relocation = tuple[int, int, int]
"""A place that the loader fills in; 32 bits symbol and 32 bits kind; addend. Plain: there are a million."""

KIND = 0xFFFFFFFF


@dataclass(frozen=True)
class Section:
    """A part of the file; `number` is that of its header."""

    number: int
    offset: int
    address: int
    size: int


class Library:
    """The bytes of a library and where its tables are.

    Raises:
        ValueError: it is none of those that this reads.
    """

    def __init__(self, path: Path) -> None:
        self.data = bytearray(path.read_bytes())
        try:
            with path.open("rb") as file:
                self._read(ELFFile(file))
        except (ELFError, UnicodeDecodeError, struct.error) as error:
            raise ValueError(str(error)) from error
        self.strings = self.bytes_of(".dynstr")

    def _read(self, elf: ELFFile) -> None:
        if (elf["e_machine"], elf["e_type"]) != ("EM_X86_64", "ET_DYN"):
            raise ValueError("another machine")
        self._headers = elf["e_shoff"]
        self.sections = {
            section.name: Section(number, section["sh_offset"], section["sh_addr"], section["sh_size"])
            for number, section in enumerate(elf.iter_sections())
            if section["sh_type"] != "SHT_NOBITS"
        }
        self._segments = [
            (segment["p_vaddr"], segment["p_vaddr"] + segment["p_filesz"], segment["p_offset"])
            for segment in elf.iter_segments("PT_LOAD")
        ]
        if any(name not in self.sections for name in _NEEDED_SECTIONS):
            raise ValueError("a table is missing")
        dynamic, plt = self.sections[".rela.dyn"], self.sections[".rela.plt"]
        if plt.offset != dynamic.offset + dynamic.size or plt.address != dynamic.address + dynamic.size:
            raise ValueError("its relocations do not stand together")
        if any(tag in _UNREAD for tag, _ in self.entries()):
            raise ValueError("tables of another kind")

    def bytes_of(self, name: str) -> bytes:
        """The content of a section."""
        section = self.sections[name]
        return bytes(self.data[section.offset : section.offset + section.size])

    def string(self, offset: int) -> bytes:
        """A name of the string table."""
        return self.strings[offset : self.strings.index(b"\0", offset)]

    def symbols(self) -> list[Symbol]:
        """The symbol table."""
        strings, end = self.strings, self.strings.index
        table = SYMBOL.iter_unpack(self.bytes_of(".dynsym"))
        return [(strings[name : end(b"\0", name)], *rest) for name, *rest in table]

    def versions(self) -> list[int]:
        """The version of each symbol, by number."""
        return [version for (version,) in struct.iter_unpack("<H", self.bytes_of(".gnu.version"))]

    def relocations(self, section: str) -> list[Relocation]:
        """The table of relocations in a section."""
        return list(RELOCATION.iter_unpack(self.bytes_of(section)))

    def entries(self) -> Iterator[tuple[int, int]]:
        """The dynamic section."""
        return ENTRY.iter_unpack(self.bytes_of(".dynamic"))

    def place_of(self, address: int) -> int:
        """Where something stands in the file.

        Raises:
            ValueError: nowhere.
        """
        for begin, end, offset in self._segments:
            if begin <= address < end:
                return int(address - begin + offset)
        raise ValueError("an address outside of the file")

    def fill(self, name: str, content: bytes) -> None:
        """Writes what a section holds from now on; the rest of its place is empty.

        Raises:
            ValueError: there is no space.
        """
        section = self.sections[name]
        if len(content) > section.size:
            raise ValueError(f"{name} became larger")
        end = section.offset + section.size
        self.data[section.offset : end] = content + bytes(section.size - len(content))
        self._resize(section, len(content))

    def fill_relocations(self, dynamic: list[Relocation], slots: list[Relocation]) -> None:
        """Writes both tables, one behind the other, into the place that both have."""
        parts = [b"".join([RELOCATION.pack(*entry) for entry in table]) for table in (dynamic, slots)]
        first, second = self.sections[".rela.dyn"], self.sections[".rela.plt"]
        space, content = first.size + second.size, b"".join(parts)
        self.data[first.offset : first.offset + space] = content + bytes(space - len(content))
        self._resize(first, len(parts[0]))
        self._resize(second, len(parts[1]), moved=first.size - len(parts[0]))
        self.change(RELASZ, len(parts[0]))
        self.change(PLTRELSZ, len(parts[1]))
        self.change(JMPREL, first.address + len(parts[0]))

    def _resize(self, section: Section, size: int, moved: int = 0) -> None:
        header = self._headers + 64 * section.number
        place = struct.pack("<QQQ", section.address - moved, section.offset - moved, size)
        self.data[header + 16 : header + 40] = place

    def change(self, tag: int, value: int) -> None:
        """Writes another value into the dynamic section."""
        section = self.sections[".dynamic"]
        for number, (found, _) in enumerate(list(self.entries())):
            if found == tag:
                ENTRY.pack_into(self.data, section.offset + ENTRY.size * number, tag, value)

    def named_places(self) -> Iterator[tuple[int, str, int]]:
        """Where names of the string table are asked for outside of the symbol table: place, format, name."""
        section = self.sections[".dynamic"]
        for number, (tag, value) in enumerate(self.entries()):
            if tag in _NAMES:
                yield section.offset + ENTRY.size * number + 8, "<Q", value
        yield from self._versions(".gnu.version_r", "<HHIII", "<IHHII", 3)
        yield from self._versions(".gnu.version_d", "<HHHHIII", "<II", 0)

    def _versions(self, name: str, outer: str, inner: str, label: int) -> Iterator[tuple[int, str, int]]:
        """The lists of versions: what is needed of whom, and what the library itself has."""
        if name not in self.sections:
            return
        place, needed = self.sections[name].offset, name == ".gnu.version_r"
        while True:
            values = struct.unpack_from(outer, self.data, place)
            count, step = values[1] if needed else values[3], values[-1]
            if needed:
                yield place + 4, "<I", values[2]
            part = place + values[-2]
            for _ in range(count):
                entry = struct.unpack_from(inner, self.data, part)
                yield part + (8 if needed else 0), "<I", entry[label]
                part += entry[-1]
            if not step:
                return
            place += step
