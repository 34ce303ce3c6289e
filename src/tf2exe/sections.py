"""Which parts of native libraries and model files have a structure that a filter can use."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import zstandard
from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from tf2exe import frames
from tf2exe.filters import Filter, Region, apply

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

_FRAMES = ".eh_frame"


_MODELS = (".tflite", ".keras", ".h5", ".hdf5")
_PROBE_BYTES = 1 << 20
_WORTH = 0.98


def regions(path: Path) -> tuple[Region, ...]:
    """The regions of a file, in order; none unless it is a library for x86-64 Linux, or a model."""
    if path.suffix in _MODELS:
        return _numbers(path)
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
            begin = _begin_of(file, found)
        except (ELFError, OSError, ValueError):
            return ()
    result: list[Region] = []
    for name, flags, offset, size in sorted(found, key=lambda item: item[2]):
        used = _TABLES.get(name) or ((Filter.ADDRESSES, 0) if flags & SH_FLAGS.SHF_EXECINSTR else None)
        if name == _FRAMES and frames.is_table(begin, size):
            used = (Filter.FRAMES, 0)
        behind = result[-1].offset + result[-1].size if result else 0
        if used and size >= SMALLEST and behind <= offset <= end - size:
            result.append(Region(offset, size, *used))
    return tuple(result)


def _begin_of(file: IO[bytes], found: list[tuple[str, int, int, int]]) -> bytes:
    """The first bytes of the table of unwinding."""
    for name, _, offset, _ in found:
        if name == _FRAMES:
            file.seek(offset)
            return file.read(8)
    return b""


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
