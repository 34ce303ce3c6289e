"""Binds private C++ symbols of native libraries at build time and removes them from the dynamic symbol table.

A C++ library of a wheel exports each of its functions, and the loader looks up each reference by name at
every start, although no other file uses them. A symbol that no other file of the executable references can
only be found in the library itself: its address replaces the reference, as with the linker's `-Bsymbolic`.
Symbols without C++ mangling stay, because programs look those up by name (`dlsym`, `ctypes`).
"""

from __future__ import annotations

import gc
import struct
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tf2exe.native import elf, gnu_hash
from tf2exe.native.elf import SYMBOL, ElfError
from tf2exe.native.elf_image import RELACOUNT, RELOCATION_TYPE, STRSZ, ElfImage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tf2exe.native.elf import Symbol
    from tf2exe.native.elf_image import Relocation

ADDRESS, DATA, SLOT, RELATIVE = 1, 6, 7, 8
"""Types of x86-64 relocations: R_X86_64_64, GLOB_DAT, JUMP_SLOT, RELATIVE."""

_REQUIRED_SECTIONS = (".dynsym", ".dynstr", ".gnu.hash", ".gnu.version", ".rela.dyn", ".rela.plt", ".dynamic")
_UNSUPPORTED_TAGS = frozenset((4, 17, 36))
"""Tags of the dynamic section that are not supported: HASH, REL, RELR."""

_MANGLED = b"_Z"
_ABSOLUTE = 0xFF00
_USUAL_INFO = frozenset(binding << 4 | kind for binding in (1, 2) for kind in (0, 1, 2))
"""The supported values of st_info: global or weak; NOTYPE, OBJECT or FUNC."""

_ENDBR, _PUSH = b"\xf3\x0f\x1e\xfa", 0x68


def localize(files: Iterable[Path], others: Iterable[set[bytes]]) -> dict[Path, int]:
    """Makes the private symbols of libraries local, in place.

    Args:
        files: the libraries.
        others: the symbol names of every other native file that the executable may load.

    Returns:
        The number of removed symbols of each changed library. Unsupported libraries are not changed.
    """
    own = {path: elf.all_symbol_names(path) for path in files}
    localized = {}
    with _gc_disabled():
        counts = Counter(name for names in (*own.values(), *others) for name in names)
        shared = {name for name, count in counts.items() if count > 1}
        for path in own:
            try:
                content, number = _localize_file(path, shared)
            except (ValueError, IndexError, struct.error):
                continue  # damaged or unsupported
            if number:
                path.write_bytes(content)
                localized[path] = number
    return localized


@contextmanager
def _gc_disabled() -> Iterator[None]:
    """Disables the garbage collector, which takes a third of the time with a million tuples."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _localize_file(path: Path, shared: set[bytes]) -> tuple[bytes, int]:
    library = _load(path)
    symbols, versions = library.symbols(), library.versions()
    dynamic, slots = library.relocations(".rela.dyn"), library.relocations(".rela.plt")
    private = _find_private(symbols, shared, [*dynamic, *slots])
    order = gnu_hash.sort_symbols(symbols, private)
    number = {old: new for new, old in enumerate(order.kept)}
    relative, rest = [], []
    for entry in dynamic:
        place, info, addend = entry
        if info == RELATIVE:
            relative.append(entry)
        elif private[info >> 32]:
            relative.append(_as_relative(entry, symbols))
        else:
            rest.append((place, number[info >> 32] << 32 | info & RELOCATION_TYPE, addend))
    kept: list[Relocation] = []
    for old, (place, info, addend) in enumerate(slots):
        if private[info >> 32]:
            relative.append(_as_relative((place, info, addend), symbols))
        else:
            _renumber_plt_entry(library, place, old, len(kept))
            kept.append((place, number[info >> 32] << 32 | info & RELOCATION_TYPE, addend))
    strings = _StringTable()
    for place, form, name in list(library.string_references()):
        struct.pack_into(form, library.data, place, strings.offset(library.string(name)))
    library.replace_section(".dynsym", b"".join(_pack_symbol(symbols[old], strings) for old in order.kept))
    library.replace_section(
        ".gnu.version", struct.pack(f"<{len(order.kept)}H", *(versions[old] for old in order.kept))
    )
    library.replace_section(".gnu.hash", gnu_hash.pack_table([symbols[old][0] for old in order.kept], order))
    library.replace_section(".dynstr", bytes(strings.data))
    library.set_dynamic(STRSZ, len(strings.data))
    library.set_dynamic(RELACOUNT, len(relative))
    library.replace_relocations([*sorted(relative), *rest], kept)
    return bytes(library.data), len(symbols) - len(order.kept)


def _load(path: Path) -> ElfImage:
    """Loads a library whose tables are supported.

    Raises:
        ElfError: the library is not supported.
    """
    image = ElfImage(path)
    if (image.machine, image.file_type) != ("EM_X86_64", "ET_DYN"):
        raise ElfError("another machine")
    if any(name not in image.sections for name in _REQUIRED_SECTIONS):
        raise ElfError("a table is missing")
    dynamic, plt = image.sections[".rela.dyn"], image.sections[".rela.plt"]
    if plt.offset != dynamic.offset + dynamic.size or plt.address != dynamic.address + dynamic.size:
        raise ElfError("its relocations are not next to each other")
    if any(tag in _UNSUPPORTED_TAGS for tag, _ in image.dynamic_entries()):
        raise ElfError("tables of an unsupported kind")
    return image


def _find_private(symbols: list[Symbol], shared: set[bytes], relocations: list[Relocation]) -> bytearray:
    """Marks the symbols that only the library itself references, and only by address."""
    private = bytearray(
        name.startswith(_MANGLED) and name not in shared and 0 < section < _ABSOLUTE and info in _USUAL_INFO
        for name, info, _, section, _, _ in symbols
    )
    for _, info, addend in relocations:
        kind = info & RELOCATION_TYPE
        if kind != ADDRESS and (addend or kind not in (DATA, SLOT)):
            private[info >> 32] = False
    return private


def _as_relative(entry: Relocation, symbols: list[Symbol]) -> Relocation:
    place, info, addend = entry
    return place, RELATIVE, (symbols[info >> 32][4] + addend) % (1 << 64)


def _renumber_plt_entry(library: ElfImage, slot: int, old: int, new: int) -> None:
    """Writes the new relocation index into the PLT entry of a lazily bound function."""
    (address,) = struct.unpack_from("<Q", library.data, library.file_offset(slot))
    place = library.file_offset(address)
    place += len(_ENDBR) * (library.data[place : place + len(_ENDBR)] == _ENDBR)
    if library.data[place] != _PUSH or struct.unpack_from("<I", library.data, place + 1) != (old,):
        raise ElfError("an unknown kind of PLT entry")
    struct.pack_into("<I", library.data, place + 1, new)


class _StringTable:
    """A string table; equal names share a string."""

    def __init__(self) -> None:
        self.data = bytearray(1)
        self._known = {b"": 0}

    def offset(self, name: bytes) -> int:
        if name not in self._known:
            self._known[name] = len(self.data)
            self.data += name + b"\0"
        return self._known[name]


def _pack_symbol(symbol: Symbol, strings: _StringTable) -> bytes:
    return SYMBOL.pack(strings.offset(symbol[0]), *symbol[1:])
