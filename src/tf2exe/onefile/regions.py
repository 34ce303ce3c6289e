"""Finds the parts of native libraries and model files that filters make smaller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import zstandard

from tf2exe.native import pe
from tf2exe.native.elf import MAGIC, ElfError, ElfFile
from tf2exe.onefile import eh_frame
from tf2exe.onefile.filters import Filter, Region, apply_filters

if TYPE_CHECKING:
    from pathlib import Path

MIN_REGION_BYTES = 256

_ELF_TABLES = {
    ".dynsym": (Filter.COLUMNS, 24),
    ".gnu.hash": (Filter.COLUMNS, 4),
    ".rela.dyn": (Filter.DELTA, 24),
    ".rela.plt": (Filter.DELTA, 24),
    ".eh_frame_hdr": (Filter.DELTA, 8),
    ".plt": (Filter.DELTA, 16),
    ".plt.sec": (Filter.DELTA, 16),
    ".got.plt": (Filter.DELTA, 8),
    ".eh_frame": (Filter.EH_FRAME, 0),
}
"""Filter and row size of ELF sections. Measured on libtensorflow_cc at level 10, in MB: .eh_frame_hdr 4.4
to 0.9, .rela.dyn 2.8 to 1.4, .plt 0.5 to 0, .dynsym 4.2 to 3.5. .gcc_except_table and .data.rel.ro grow."""

_PE_TABLES = {".pdata": (Filter.DELTA, 12)}
"""The same of PE sections. A row of .pdata has the start, end and unwind information of a function."""

_MODEL_SUFFIXES = (".tflite", ".keras", ".h5", ".hdf5")
_PROBE_BYTES = 1 << 20
_MAX_RATIO = 0.98
"""A filter of weights is used if it compresses a probe to less than this part of its size without filter."""


def find_regions(path: Path) -> tuple[Region, ...]:
    """The regions of a file by offset; empty unless it is an x86-64 library or a model."""
    if path.suffix in _MODEL_SUFFIXES:
        return _weight_regions(path)
    with path.open("rb") as file:
        begin = file.read(4)
        try:
            if begin == MAGIC:
                return _section_regions(file, _elf_sections(file), _ELF_TABLES)
            if begin.startswith(pe.MAGIC):
                return _section_regions(file, _pe_sections(file), _PE_TABLES)
        except (ElfError, *pe.DAMAGED):
            pass
    return ()


@dataclass(frozen=True)
class _Section:
    name: str
    offset: int
    size: int
    is_code: bool


def _elf_sections(file: IO[bytes]) -> list[_Section]:
    """The sections with contents in the file; empty for other processors."""
    library = ElfFile(file)
    if library.machine != "EM_X86_64":
        return []
    return [
        _Section(section.name, section.offset, section.size, section.is_code)
        for section in library.sections
        if section.name and section.is_in_file
    ]


def _pe_sections(file: IO[bytes]) -> list[_Section]:
    """The sections of a Windows library; empty for other processors."""
    with pe.opened(file) as library:
        if pe.ARCHITECTURES.get(library.FILE_HEADER.Machine) != "x86_64":
            return []
        return [
            _Section(
                section.Name.rstrip(b"\0").decode("latin-1"),
                section.PointerToRawData,
                section.SizeOfRawData,
                bool(section.IMAGE_SCN_MEM_EXECUTE),
            )
            for section in library.sections
        ]


def _section_regions(
    file: IO[bytes], sections: list[_Section], tables: dict[str, tuple[Filter, int]]
) -> tuple[Region, ...]:
    """The regions of sections that have a filter, are inside the file and do not overlap."""
    file_size = file.seek(0, 2)
    result: list[Region] = []
    for section in sorted(sections, key=lambda section: section.offset):
        filtering = tables.get(section.name) or ((Filter.BCJ, 0) if section.is_code else None)
        last_end = result[-1].offset + result[-1].size if result else 0
        if not filtering or section.size < MIN_REGION_BYTES:
            continue
        if not last_end <= section.offset <= file_size - section.size:
            continue
        if filtering[0] == Filter.EH_FRAME:
            file.seek(section.offset)
            if not eh_frame.is_table(file.read(8), section.size):
                continue
        result.append(Region(section.offset, section.size, *filtering))
    return tuple(result)


def _weight_regions(path: Path) -> tuple[Region, ...]:
    """A region of the whole model with the columns of 4-byte or 2-byte weights, if a probe gets smaller.

    The exponents of the weights become adjacent: 18.6 MB of float32 compress to 15.8 instead of 17.2 MB.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, (size - _PROBE_BYTES) // 8 * 4))
        probe = file.read(_PROBE_BYTES)
    compressor = zstandard.ZstdCompressor(level=3)
    best, row = len(compressor.compress(probe)) * _MAX_RATIO, 0
    for width in (4, 2):
        usable = len(probe) // width * width
        columns = Region(0, usable, Filter.COLUMNS, width)
        compressed = len(compressor.compress(apply_filters(probe, (columns,)))) if usable else best
        if compressed < best:
            best, row = compressed, width
    has_region = row and size >= MIN_REGION_BYTES
    return (Region(0, size // row * row, Filter.COLUMNS, row),) if has_region else ()
