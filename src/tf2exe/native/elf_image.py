"""An ELF file in memory, whose dynamic tables can be changed.

A table is replaced in its place and never becomes larger, so that no other byte moves. This works for files
that `strip`, `patchelf` or auditwheel has changed.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from tf2exe.native.elf import SYMBOL, ElfError, ElfFile
from tf2exe.native.elf_versions import parse_verneed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tf2exe.native.elf import Section, Symbol
    from tf2exe.native.elf_versions import Verneed

RELOCATION = struct.Struct("<QQQ")
DYNAMIC_ENTRY = struct.Struct("<QQ")
_SECTION_HEADER = 64
_STRING_TAGS = (1, 14, 15, 29)
"""Tags of the dynamic section whose value is a string offset: NEEDED, SONAME, RPATH, RUNPATH."""
_DEFINITION, _DEFINED_NAME = struct.Struct("<HHHHIII"), struct.Struct("<II")
"""Entries of `.gnu.version_d`: Verdef and Verdaux."""

STRSZ, RELASZ, RELACOUNT, JMPREL, PLTRELSZ, VERNEEDNUM = 10, 8, 0x6FFFFFF9, 23, 2, 0x6FFFFFFF

Relocation = tuple[int, int, int]
"""Elf64_Rela: r_offset, r_info (32 bits symbol, 32 bits type), r_addend. A tuple: there are a million."""

RELOCATION_TYPE = 0xFFFFFFFF
"""Mask of the type in r_info."""


class ElfImage:
    """The bytes of a 64-bit ELF file, and its sections.

    Attributes:
        data: the bytes, changed in place.
        machine: the processor, such as `EM_X86_64`.
        file_type: the type, such as `ET_DYN`.
        sections: the sections that have bytes in the file, by name.

    Raises:
        ElfError: it is not a 64-bit ELF file, or it is damaged.
    """

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        elf = ElfFile(io.BytesIO(content))
        if not elf.is_64_bit:
            raise ElfError("not a 64-bit file")
        self.data = bytearray(content)
        self.machine, self.file_type = elf.machine, elf.file_type
        self.sections = {section.name: section for section in elf.sections if section.is_in_file}
        self._headers, self._segments = elf.section_headers, elf.segments
        self._strings = self.bytes_of(".dynstr") if ".dynstr" in self.sections else b""

    def bytes_of(self, name: str) -> bytes:
        """The content of a section.

        Raises:
            ElfError: there is no such section.
        """
        section = self._section(name)
        return bytes(self.data[section.offset : section.offset + section.size])

    def _section(self, name: str) -> Section:
        if name not in self.sections:
            raise ElfError(f"it has no {name}")
        return self.sections[name]

    def string(self, offset: int) -> bytes:
        """A string of the original string table."""
        return self._strings[offset : self._strings.index(b"\0", offset)]

    def symbols(self) -> list[Symbol]:
        """The dynamic symbol table."""
        strings, end = self._strings, self._strings.index
        table = SYMBOL.iter_unpack(self.bytes_of(".dynsym"))
        return [(strings[name : end(b"\0", name)], *rest) for name, *rest in table]

    def versions(self) -> list[int]:
        """The version number of each symbol."""
        return [version for (version,) in struct.iter_unpack("<H", self.bytes_of(".gnu.version"))]

    def set_version(self, symbol: int, number: int) -> None:
        """Sets the version number of a symbol, given by its index."""
        struct.pack_into("<H", self.data, self._section(".gnu.version").offset + 2 * symbol, number)

    def verneed(self) -> list[Verneed]:
        """The required versions, by library."""
        return list(parse_verneed(self.bytes_of(".gnu.version_r")))

    def set_verneed(self, content: bytes, count: int) -> None:
        """Replaces the required versions by a packed list of `count` libraries, which must not be longer."""
        section = self._section(".gnu.version_r")
        self.data[section.offset : section.offset + section.size] = content.ljust(section.size, b"\0")
        struct.pack_into("<I", self.data, self._header(section) + 44, count)  # sh_info
        self.set_dynamic(VERNEEDNUM, count)

    def relocations(self, section: str) -> list[Relocation]:
        """The relocations in a section."""
        return list(RELOCATION.iter_unpack(self.bytes_of(section)))

    def dynamic_entries(self) -> Iterator[tuple[int, int]]:
        """The tags and values of the dynamic section."""
        return DYNAMIC_ENTRY.iter_unpack(self.bytes_of(".dynamic"))

    def file_offset(self, address: int) -> int:
        """The position in the file of a virtual address.

        Raises:
            ElfError: the address is not in the file.
        """
        for segment in self._segments:
            if segment.address <= address < segment.address + segment.size:
                return address - segment.address + segment.offset
        raise ElfError("an address outside of the file")

    def replace_section(self, name: str, content: bytes) -> None:
        """Replaces the content of a section and shrinks it; the remaining bytes become zeros.

        Raises:
            ElfError: the content is larger than the section.
        """
        section = self._section(name)
        if len(content) > section.size:
            raise ElfError(f"{name} became larger")
        end = section.offset + section.size
        self.data[section.offset : end] = content + bytes(section.size - len(content))
        self._resize(section, len(content))

    def replace_relocations(self, dynamic: Sequence[Relocation], slots: Sequence[Relocation]) -> None:
        """Replaces `.rela.dyn` and `.rela.plt`, which share one contiguous area."""
        parts = [b"".join([RELOCATION.pack(*entry) for entry in table]) for table in (dynamic, slots)]
        first, second = self._section(".rela.dyn"), self._section(".rela.plt")
        space, content = first.size + second.size, b"".join(parts)
        self.data[first.offset : first.offset + space] = content + bytes(space - len(content))
        self._resize(first, len(parts[0]))
        self._resize(second, len(parts[1]), moved=first.size - len(parts[0]))
        self.set_dynamic(RELASZ, len(parts[0]))
        self.set_dynamic(PLTRELSZ, len(parts[1]))
        self.set_dynamic(JMPREL, first.address + len(parts[0]))

    def _header(self, section: Section) -> int:
        return self._headers + _SECTION_HEADER * section.number

    def _resize(self, section: Section, size: int, moved: int = 0) -> None:
        header = self._header(section)
        fields = struct.pack("<QQQ", section.address - moved, section.offset - moved, size)
        self.data[header + 16 : header + 40] = fields

    def set_dynamic(self, tag: int, value: int) -> None:
        """Sets the value of a tag in the dynamic section."""
        section = self._section(".dynamic")
        for number, (found, _) in enumerate(list(self.dynamic_entries())):
            if found == tag:
                DYNAMIC_ENTRY.pack_into(self.data, section.offset + DYNAMIC_ENTRY.size * number, tag, value)

    def string_references(self) -> Iterator[tuple[int, str, int]]:
        """Each reference to the string table outside of the symbol table: position, format, string offset."""
        section = self._section(".dynamic")
        for number, (tag, value) in enumerate(self.dynamic_entries()):
            if tag in _STRING_TAGS:
                yield section.offset + DYNAMIC_ENTRY.size * number + 8, "<Q", value
        if ".gnu.version_r" in self.sections:
            start = self.sections[".gnu.version_r"].offset
            for need in self.verneed():
                yield start + need.position + 4, "<I", need.library
                for version in need.versions:
                    yield start + version.position + 8, "<I", version.name
        yield from self._defined_versions()

    def _defined_versions(self) -> Iterator[tuple[int, str, int]]:
        """References from the names of the versions that the library defines."""
        if ".gnu.version_d" not in self.sections:
            return
        position, step = self.sections[".gnu.version_d"].offset, -1
        while step:
            _, _, _, count, _, first, step = _DEFINITION.unpack_from(self.data, position)
            part = position + first
            for _ in range(count):
                name, following = _DEFINED_NAME.unpack_from(self.data, part)
                yield part, "<I", name
                part += following
            position += step
