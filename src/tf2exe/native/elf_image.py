"""A native library in memory, to change the tables that the loader reads and write the file back.

No byte moves: a table is written into the place that it has. So it does not matter what `strip`, `patchelf`
or auditwheel did to the file before.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from tf2exe.native.elf import SYMBOL, ElfError, ElfFile
from tf2exe.native.elf_versions import parse_needs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tf2exe.native.elf import Section, Symbol
    from tf2exe.native.elf_versions import Need

RELOCATION = struct.Struct("<QQQ")
ENTRY = struct.Struct("<QQ")
_HEADER = 64
_NAMES = (1, 14, 15, 29)
"""Entries of the dynamic section that name something: NEEDED, SONAME, RPATH, RUNPATH."""
_DEFINITION, _DEFINED_NAME = struct.Struct("<HHHHIII"), struct.Struct("<II")
"""Entries of `.gnu.version_d`, for a version and for its names (Verdef, Verdaux)."""

STRSZ, RELASZ, RELACOUNT, JMPREL, PLTRELSZ, VERNEEDNUM = 10, 8, 0x6FFFFFF9, 23, 2, 0x6FFFFFFF

Relocation = tuple[int, int, int]
"""A place that the loader fills in; 32 bits symbol and 32 bits kind; addend. Plain: there are a million."""

KIND = 0xFFFFFFFF


class ElfImage:
    """The bytes of a 64-bit library, and where its tables are.

    Attributes:
        data: the bytes, to be changed and written.
        machine: the processor, as `EM_X86_64`.
        kind: as `ET_DYN`.
        sections: those that have bytes in the file, by name.

    Raises:
        ElfError: it is another kind of file, or damaged.
    """

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        elf = ElfFile(io.BytesIO(content))
        if not elf.is_64_bit:
            raise ElfError("not a 64-bit file")
        self.data = bytearray(content)
        self.machine, self.kind = elf.machine, elf.kind
        self.sections = {section.name: section for section in elf.sections if section.is_in_file}
        self._headers, self._segments = elf.headers, elf.segments
        self._strings = self.bytes_of(".dynstr") if ".dynstr" in self.sections else b""

    def bytes_of(self, name: str) -> bytes:
        """The content of a section.

        Raises:
            ElfError: there is none of this name.
        """
        section = self._section(name)
        return bytes(self.data[section.offset : section.offset + section.size])

    def _section(self, name: str) -> Section:
        if name not in self.sections:
            raise ElfError(f"it has no {name}")
        return self.sections[name]

    def string(self, offset: int) -> bytes:
        """A name of the string table as it was in the file."""
        return self._strings[offset : self._strings.index(b"\0", offset)]

    def symbols(self) -> list[Symbol]:
        """The symbol table."""
        strings, end = self._strings, self._strings.index
        table = SYMBOL.iter_unpack(self.bytes_of(".dynsym"))
        return [(strings[name : end(b"\0", name)], *rest) for name, *rest in table]

    def versions(self) -> list[int]:
        """The version of each symbol, by number."""
        return [version for (version,) in struct.iter_unpack("<H", self.bytes_of(".gnu.version"))]

    def set_version(self, symbol: int, number: int) -> None:
        """Gives a symbol another version, by its place in the symbol table and the version's number."""
        struct.pack_into("<H", self.data, self._section(".gnu.version").offset + 2 * symbol, number)

    def needs(self) -> list[Need]:
        """The versions that it needs, by library."""
        return list(parse_needs(self.bytes_of(".gnu.version_r")))

    def set_needs(self, content: bytes, count: int) -> None:
        """Writes a shorter list of the versions that it needs, of so many libraries."""
        section = self._section(".gnu.version_r")
        self.data[section.offset : section.offset + section.size] = content.ljust(section.size, b"\0")
        struct.pack_into("<I", self.data, self._header(section) + 44, count)  # sh_info
        self.change(VERNEEDNUM, count)

    def relocations(self, section: str) -> list[Relocation]:
        """The table of relocations in a section."""
        return list(RELOCATION.iter_unpack(self.bytes_of(section)))

    def entries(self) -> Iterator[tuple[int, int]]:
        """The dynamic section."""
        return ENTRY.iter_unpack(self.bytes_of(".dynamic"))

    def place_of(self, address: int) -> int:
        """Where something is in the file.

        Raises:
            ElfError: nowhere.
        """
        for segment in self._segments:
            if segment.address <= address < segment.address + segment.size:
                return address - segment.address + segment.offset
        raise ElfError("an address outside of the file")

    def fill(self, name: str, content: bytes) -> None:
        """Writes what a section contains from now on; the rest of its place is zeros.

        Raises:
            ElfError: there is no space.
        """
        section = self._section(name)
        if len(content) > section.size:
            raise ElfError(f"{name} became larger")
        end = section.offset + section.size
        self.data[section.offset : end] = content + bytes(section.size - len(content))
        self._resize(section, len(content))

    def fill_relocations(self, dynamic: Sequence[Relocation], slots: Sequence[Relocation]) -> None:
        """Writes both tables, one behind the other, into the place that both have together."""
        parts = [b"".join([RELOCATION.pack(*entry) for entry in table]) for table in (dynamic, slots)]
        first, second = self._section(".rela.dyn"), self._section(".rela.plt")
        space, content = first.size + second.size, b"".join(parts)
        self.data[first.offset : first.offset + space] = content + bytes(space - len(content))
        self._resize(first, len(parts[0]))
        self._resize(second, len(parts[1]), moved=first.size - len(parts[0]))
        self.change(RELASZ, len(parts[0]))
        self.change(PLTRELSZ, len(parts[1]))
        self.change(JMPREL, first.address + len(parts[0]))

    def _header(self, section: Section) -> int:
        return self._headers + _HEADER * section.number

    def _resize(self, section: Section, size: int, moved: int = 0) -> None:
        header = self._header(section)
        place = struct.pack("<QQQ", section.address - moved, section.offset - moved, size)
        self.data[header + 16 : header + 40] = place

    def change(self, tag: int, value: int) -> None:
        """Writes another value into the dynamic section."""
        section = self._section(".dynamic")
        for number, (found, _) in enumerate(list(self.entries())):
            if found == tag:
                ENTRY.pack_into(self.data, section.offset + ENTRY.size * number, tag, value)

    def named_places(self) -> Iterator[tuple[int, str, int]]:
        """Each use of the string table but for the symbol table's: place, format and offset of the string."""
        section = self._section(".dynamic")
        for number, (tag, value) in enumerate(self.entries()):
            if tag in _NAMES:
                yield section.offset + ENTRY.size * number + 8, "<Q", value
        if ".gnu.version_r" in self.sections:
            start = self.sections[".gnu.version_r"].offset
            for need in self.needs():
                yield start + need.position + 4, "<I", need.library
                for version in need.versions:
                    yield start + version.position + 8, "<I", version.name
        yield from self._defined_versions()

    def _defined_versions(self) -> Iterator[tuple[int, str, int]]:
        """The names of the versions that the library has itself."""
        if ".gnu.version_d" not in self.sections:
            return
        place, step = self.sections[".gnu.version_d"].offset, -1
        while step:
            _, _, _, count, _, first, step = _DEFINITION.unpack_from(self.data, place)
            part = place + first
            for _ in range(count):
                name, following = _DEFINED_NAME.unpack_from(self.data, part)
                yield part, "<I", name
                part += following
            place += step
