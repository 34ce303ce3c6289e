"""Lets native files ask for older versions of glibc's functions, where those are the same functions.

A file is changed in place, in three tables and nowhere else: the version of each symbol (`.gnu.version`), the
list of wanted versions (`.gnu.version_r`) and its length. No byte moves, so that it does not matter what
`strip`, `patchelf` or auditwheel did to the file before. Which functions: `nuitka_options/glibc.toml`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elftools.common.exceptions import ELFError

from tf2exe import elf, glibc
from tf2exe.errors import PackageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tf2exe.elf import Tables

ANY_VERSION = 1
"""The number of a symbol that asks for no version: it takes what the executable brings, or glibc's own."""


@dataclass(frozen=True)
class Change:
    """What becomes of a file: new version numbers by symbol, and the versions that go."""

    numbers: dict[int, int]
    dropped: frozenset[int]


def lower(file: Path) -> bool:
    """Changes a native file so that an older glibc is enough; says whether it was changed.

    A file stays as it is where that would not make the oldest glibc that it can do with any older.

    Raises:
        PackageError: the file does not read as it should after the change.
    """
    tables = _tables(file) if _asks_for_new(file) else None
    if tables is None or tables.machine != glibc.known().machine:
        return False
    change = plan(tables)
    left = [ask for ask in tables.asks if ask.number not in change.dropped]
    if not left or elf.newest(left) == elf.newest(tables.asks):
        return False
    before = file.read_bytes()
    after = bytearray(before)
    for position, data in _writes(before, tables, change):
        after[position : position + len(data)] = data
    partial = file.with_name(f".{file.name}.older")
    partial.write_bytes(after)
    partial.chmod(file.stat().st_mode)
    partial.replace(file)
    _check(file, tables, change)
    return True


def _asks_for_new(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return not glibc.known().replaceable.isdisjoint(elf.versions(stream))
    except OSError:
        return False


def _tables(file: Path) -> Tables | None:
    try:
        with file.open("rb") as stream:
            return elf.tables(stream)
    except (OSError, ELFError):
        return None


def plan(tables: Tables) -> Change:
    """Decides for each version: it goes if something stands for each of its functions."""
    known = glibc.known()
    older = {ask.version: ask.number for ask in tables.asks}
    numbers: dict[int, int] = {}
    dropped = set()
    for ask in tables.asks:
        substitutes = {
            symbol.index: known.substitute(symbol.name, ask.version, tables.constructors)
            for symbol in ask.symbols
        }
        if ask.version in known.replaceable and None not in substitutes.values():
            dropped.add(ask.number)
            numbers |= {index: older.get(name or "", ANY_VERSION) for index, name in substitutes.items()}
    return Change(numbers, frozenset(dropped))


def _writes(content: bytes, tables: Tables, change: Change) -> Iterator[tuple[int, bytes]]:
    """What must be written where."""
    for index, number in change.numbers.items():
        yield tables.numbers.offset + 2 * index, struct.pack("<H", number)
    place = tables.needs
    needs = [
        (library, [version for version in versions if version[2] not in change.dropped])
        for library, versions in elf.entries(content[place.offset : place.offset + place.size])
    ]
    kept = [(library, versions) for library, versions in needs if versions]
    yield place.offset, _encoded(kept).ljust(place.size, b"\0")
    for position, form in tables.counts:
        yield position, struct.pack(form, len(kept))


def _encoded(needs: list[tuple[int, list[tuple[int, int, int, int]]]]) -> bytes:
    """The list of wanted versions as it stands in a file."""
    parts = []
    for last, (library, versions) in enumerate(needs, 1 - len(needs)):
        size = elf.NEED.size + len(versions) * elf.VERSION.size
        parts.append(elf.NEED.pack(1, len(versions), library, elf.NEED.size, size if last else 0))
        for left, version in enumerate(versions, 1 - len(versions)):
            parts.append(elf.VERSION.pack(*version, elf.VERSION.size if left else 0))
    return b"".join(parts)


def _check(file: Path, before: Tables, change: Change) -> None:
    """Reads the file again: each symbol must ask for what was planned, or for what it asked before."""
    versions = {ask.number: (ask.library, ask.version) for ask in before.asks}
    wanted = {
        symbol.index: versions[number]
        for ask in before.asks
        for symbol in ask.symbols
        if (number := change.numbers.get(symbol.index, ask.number)) != ANY_VERSION
    }
    after = _tables(file)
    asks = after.asks if after else ()
    if wanted != {symbol.index: (ask.library, ask.version) for ask in asks for symbol in ask.symbols}:
        raise PackageError(
            f"{file} cannot be made to run with an older glibc",
            "its tables of versions cannot be read back",
            "please report it",
        )
