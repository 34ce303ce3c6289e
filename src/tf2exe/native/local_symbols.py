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
from tf2exe.native.elf_image import KIND, RELACOUNT, STRSZ, ElfImage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tf2exe.native.elf import Symbol
    from tf2exe.native.elf_image import Relocation

ADDRESS, DATA, SLOT, RELATIVE = 1, 6, 7, 8
"""Kinds of x86-64 relocations: R_X86_64_64, GLOB_DAT, JUMP_SLOT, RELATIVE."""

_NEEDED_SECTIONS = (".dynsym", ".dynstr", ".gnu.hash", ".gnu.version", ".rela.dyn", ".rela.plt", ".dynamic")
_UNREAD = frozenset((4, 17, 36))
"""Entries of the dynamic section for which this knows nothing to write: HASH, REL, RELR."""

_MANGLED = b"_Z"
_ABSOLUTE = 0xFF00
_PLAIN = frozenset(binding << 4 | kind for binding in (1, 2) for kind in (0, 1, 2))
"""Global or weak; untyped, object or function: others are looked up in ways of their own."""

_ENDBR, _PUSH = b"\xf3\x0f\x1e\xfa", 0x68


def localize(files: Iterable[Path], others: Iterable[set[bytes]]) -> dict[Path, int]:
    """Makes the private symbols of libraries local, in place.

    Args:
        files: the libraries.
        others: the names of every other native file that the executable can have in memory.

    Returns:
        How many names left the tables of each library; those that cannot be read stay as they are.
    """
    own = {path: elf.names_in(path) for path in files}
    localized = {}
    with _no_collector():
        counts = Counter(name for names in (*own.values(), *others) for name in names)
        shared = {name for name, count in counts.items() if count > 1}
        for path in own:
            try:
                content, number = _localized(path, shared)
            except (ValueError, IndexError, struct.error):
                continue  # damaged, or of another kind
            if number:
                path.write_bytes(content)
                localized[path] = number
    return localized


@contextmanager
def _no_collector() -> Iterator[None]:
    """A million tuples, at which the garbage collector looks again and again: a third of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _localized(path: Path, shared: set[bytes]) -> tuple[bytes, int]:
    library = _image(path)
    symbols, versions = library.symbols(), library.versions()
    dynamic, slots = library.relocations(".rela.dyn"), library.relocations(".rela.plt")
    free = _free(symbols, shared, [*dynamic, *slots])
    order = gnu_hash.sort_symbols(symbols, free)
    number = {old: new for new, old in enumerate(order.kept)}
    fixed, rest = [], []
    for entry in dynamic:
        place, info, addend = entry
        if info == RELATIVE:
            fixed.append(entry)
        elif free[info >> 32]:
            fixed.append(_fixed(entry, symbols))
        else:
            rest.append((place, number[info >> 32] << 32 | info & KIND, addend))
    kept: list[Relocation] = []
    for old, (place, info, addend) in enumerate(slots):
        if free[info >> 32]:
            fixed.append(_fixed((place, info, addend), symbols))
        else:
            _renumber(library, place, old, len(kept))
            kept.append((place, number[info >> 32] << 32 | info & KIND, addend))
    strings = _Strings()
    for place, form, name in list(library.named_places()):
        struct.pack_into(form, library.data, place, strings.offset(library.string(name)))
    library.fill(".dynsym", b"".join(_packed(symbols[old], strings) for old in order.kept))
    library.fill(".gnu.version", struct.pack(f"<{len(order.kept)}H", *(versions[old] for old in order.kept)))
    library.fill(".gnu.hash", gnu_hash.table([symbols[old][0] for old in order.kept], order))
    library.fill(".dynstr", bytes(strings.data))
    library.change(STRSZ, len(strings.data))
    library.change(RELACOUNT, len(fixed))
    library.fill_relocations([*sorted(fixed), *rest], kept)
    return bytes(library.data), len(symbols) - len(order.kept)


def _image(path: Path) -> ElfImage:
    """A library whose tables this knows how to write.

    Raises:
        ElfError: its tables are of another kind.
    """
    image = ElfImage(path)
    if (image.machine, image.kind) != ("EM_X86_64", "ET_DYN"):
        raise ElfError("another machine")
    if any(name not in image.sections for name in _NEEDED_SECTIONS):
        raise ElfError("a table is missing")
    dynamic, plt = image.sections[".rela.dyn"], image.sections[".rela.plt"]
    if plt.offset != dynamic.offset + dynamic.size or plt.address != dynamic.address + dynamic.size:
        raise ElfError("its relocations are not next to each other")
    if any(tag in _UNREAD for tag, _ in image.entries()):
        raise ElfError("tables of another kind")
    return image


def _free(symbols: list[Symbol], shared: set[bytes], relocations: list[Relocation]) -> bytearray:
    """Which symbols only the library itself can mean, and only by their address."""
    free = bytearray(
        name.startswith(_MANGLED) and name not in shared and 0 < section < _ABSOLUTE and info in _PLAIN
        for name, info, _, section, _, _ in symbols
    )
    for _, info, addend in relocations:
        kind = info & KIND
        if kind != ADDRESS and (addend or kind not in (DATA, SLOT)):
            free[info >> 32] = False
    return free


def _fixed(entry: Relocation, symbols: list[Symbol]) -> Relocation:
    place, info, addend = entry
    return place, RELATIVE, (symbols[info >> 32][4] + addend) % (1 << 64)


def _renumber(library: ElfImage, slot: int, old: int, new: int) -> None:
    """A function that is looked up at its first call says by its number in the table which one it is."""
    (address,) = struct.unpack_from("<Q", library.data, library.place_of(slot))
    place = library.place_of(address)
    place += len(_ENDBR) * (library.data[place : place + len(_ENDBR)] == _ENDBR)
    if library.data[place] != _PUSH or struct.unpack_from("<I", library.data, place + 1) != (old,):
        raise ElfError("calls of a kind that this does not know")
    struct.pack_into("<I", library.data, place + 1, new)


class _Strings:
    """A string table that grows."""

    def __init__(self) -> None:
        self.data = bytearray(1)
        self._known = {b"": 0}

    def offset(self, name: bytes) -> int:
        if name not in self._known:
            self._known[name] = len(self.data)
            self.data += name + b"\0"
        return self._known[name]


def _packed(symbol: Symbol, strings: _Strings) -> bytes:
    return SYMBOL.pack(strings.offset(symbol[0]), *symbol[1:])
