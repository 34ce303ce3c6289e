"""Which parts of native libraries have a structure that a filter can use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from tf2exe.filters import Filter, Region

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST = 256
"""Bytes below which a section is not worth a region."""

_TABLES = {
    ".dynsym": (Filter.COLUMNS, 24),
    ".gnu.hash": (Filter.COLUMNS, 4),
    ".rela.dyn": (Filter.DIFFERENCES, 24),
    ".rela.plt": (Filter.DIFFERENCES, 24),
    ".eh_frame_hdr": (Filter.DIFFERENCES, 8),
    ".plt": (Filter.DIFFERENCES, 16),
    ".plt.sec": (Filter.DIFFERENCES, 16),
    ".got.plt": (Filter.DIFFERENCES, 8),
}
"""Measured on libtensorflow_cc, level 10, in MB: .eh_frame_hdr 4.4 to 0.9, .rela.dyn 2.8 to 1.4, .plt 0.5
to 0, .dynsym 4.2 to 3.5; .gcc_except_table and .data.rel.ro become larger."""


def regions(path: Path) -> tuple[Region, ...]:
    """The regions of a file, in order; none unless it is a library for x86-64 Linux."""
    with path.open("rb") as file:
        if file.read(4) != b"\x7fELF":
            return ()
        try:
            library = ELFFile(file)
            if library["e_machine"] != "EM_X86_64":
                return ()
            end = file.seek(0, 2)
            found = [
                (name, section["sh_flags"], section["sh_offset"], section["sh_size"])
                for section in library.iter_sections()
                if (name := section.name) and section["sh_type"] != "SHT_NOBITS"
            ]
        except (ELFError, OSError, ValueError):
            return ()
    result: list[Region] = []
    for name, flags, offset, size in sorted(found, key=lambda item: item[2]):
        used = _TABLES.get(name) or ((Filter.ADDRESSES, 0) if flags & SH_FLAGS.SHF_EXECINSTR else None)
        behind = result[-1].offset + result[-1].size if result else 0
        if used and size >= SMALLEST and behind <= offset <= end - size:
            result.append(Region(offset, size, *used))
    return tuple(result)
