"""Which parts of native libraries and model files have a structure that a filter can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import zstandard

from tf2exe.native import pe
from tf2exe.native.elf import MAGIC, ElfError, ElfFile
from tf2exe.onefile import eh_frame
from tf2exe.onefile.filters import Filter, Region, apply

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST = 256
"""Bytes below which a section is not worth a region."""

_TABLES = {
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
"""Measured on libtensorflow_cc, level 10, in MB: .eh_frame_hdr 4.4 to 0.9, .rela.dyn 2.8 to 1.4, .plt 0.5
to 0, .dynsym 4.2 to 3.5; .gcc_except_table and .data.rel.ro become larger."""

_PE_TABLES = {".pdata": (Filter.DELTA, 12)}
"""Of Windows' libraries: where each function begins, ends, and how it is unwound."""

_MODELS = (".tflite", ".keras", ".h5", ".hdf5")
_PROBE_BYTES = 1 << 20
_WORTH = 0.98


def regions(path: Path) -> tuple[Region, ...]:
    """The regions of a file, in order; none unless it is a library for x86-64, or a model."""
    if path.suffix in _MODELS:
        return _numbers(path)
    with path.open("rb") as file:
        begin = file.read(4)
        try:
            if begin == MAGIC:
                return _regions(file, _elf_sections(file), _TABLES)
            if begin.startswith(pe.MAGIC):
                return _regions(file, _pe_sections(file), _PE_TABLES)
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
    """Those that lie in the file; none of another processor's library."""
    library = ElfFile(file)
    if library.machine != "EM_X86_64":
        return []
    return [
        _Section(section.name, section.offset, section.size, section.is_code)
        for section in library.sections
        if section.name and section.is_in_file
    ]


def _pe_sections(file: IO[bytes]) -> list[_Section]:
    """The same of a Windows library."""
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


def _regions(
    file: IO[bytes], found: list[_Section], tables: dict[str, tuple[Filter, int]]
) -> tuple[Region, ...]:
    """What filters can do with the sections, as far as these do not overlap and lie in the file."""
    end = file.seek(0, 2)
    result: list[Region] = []
    for section in sorted(found, key=lambda section: section.offset):
        used = tables.get(section.name) or ((Filter.BCJ, 0) if section.is_code else None)
        behind = result[-1].offset + result[-1].size if result else 0
        if not used or section.size < SMALLEST or not behind <= section.offset <= end - section.size:
            continue
        if used[0] == Filter.EH_FRAME:
            file.seek(section.offset)
            if not eh_frame.is_table(file.read(8), section.size):
                continue
        result.append(Region(section.offset, section.size, *used))
    return tuple(result)


def _numbers(path: Path) -> tuple[Region, ...]:
    """The weights of a model: bytes of the same weight in numbers of 4 or 2 bytes, if that pays in a probe.

    The exponents of 18.6 MB of float32 weights, apart from the rest: 17.2 to 15.8 MB.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, (size - _PROBE_BYTES) // 8 * 4))
        probe = file.read(_PROBE_BYTES)
    compressor = zstandard.ZstdCompressor(level=3)
    best, row = len(compressor.compress(probe)) * _WORTH, 0
    for width in (4, 2):
        usable = len(probe) // width * width
        columns = Region(0, usable, Filter.COLUMNS, width)
        found = len(compressor.compress(apply(probe, (columns,)))) if usable else best
        if found < best:
            best, row = found, width
    return (Region(0, size // row * row, Filter.COLUMNS, row),) if row and size >= SMALLEST else ()
