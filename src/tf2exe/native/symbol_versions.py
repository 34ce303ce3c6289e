"""Lowers the versions of glibc's functions that native files need, where older ones are the same functions.

A file is changed in three tables and nowhere else: the version of each symbol (`.gnu.version`), the list of
needed versions (`.gnu.version_r`) and its length. Which functions: `nuitka_options/glibc.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tf2exe.errors import PackageError
from tf2exe.knowledge import glibc
from tf2exe.native import elf, elf_versions
from tf2exe.native.elf import ElfError
from tf2exe.native.elf_image import ElfImage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tf2exe.native.elf_versions import RequiredVersion

ANY_VERSION = 1
"""The number of a symbol without a version: it binds to what the executable provides, or to glibc's own."""


@dataclass(frozen=True)
class Change:
    """What becomes of a file: new version numbers by symbol, and the versions that go."""

    numbers: dict[int, int]
    dropped: frozenset[int]


def lower(file: Path) -> bool:
    """Changes a native file so that an older glibc is enough; says whether it was changed.

    A file stays as it is where the change would not lower the oldest glibc that it runs with.

    Raises:
        PackageError: the file does not read as it should after the change.
    """
    try:
        before = _replaceable(file)
        change = plan(*before) if before else None
        if before is None or change is None:
            return False
        image = ElfImage(file)
        _apply(image, change)
    except (OSError, ElfError):
        return False
    partial = file.with_name(f".{file.name}.older")
    partial.write_bytes(image.data)
    partial.chmod(file.stat().st_mode)
    partial.replace(file)
    _check(file, before[0], change)
    return True


def _replaceable(file: Path) -> tuple[tuple[RequiredVersion, ...], int] | None:
    """The versions that a file needs and how many constructors it has; None: none of them can be lowered."""
    known = glibc.read_rules()
    with elf.opened(file) as opened:
        if opened.machine != known.machine or known.replaceable.isdisjoint(opened.version_names()):
            return None
        return opened.required_versions(), opened.constructors


def plan(versions: Sequence[RequiredVersion], constructors: int) -> Change | None:
    """Decides for each version: it goes if something stands for each of its functions.

    Args:
        versions: those that a file needs.
        constructors: how many functions are called when it is loaded.

    Returns:
        None: the oldest glibc would not change.
    """
    known = glibc.read_rules()
    older = {version.version: version.number for version in versions}
    numbers: dict[int, int] = {}
    dropped = set()
    for version in versions:
        substitutes = {
            symbol.index: known.substitute(symbol.name, version.version, constructors)
            for symbol in version.symbols
        }
        if version.version in known.replaceable and None not in substitutes.values():
            dropped.add(version.number)
            numbers |= {index: older.get(name or "", ANY_VERSION) for index, name in substitutes.items()}
    left = [version for version in versions if version.number not in dropped]
    if not left or elf_versions.newest(left) == elf_versions.newest(versions):
        return None
    return Change(numbers, frozenset(dropped))


def _apply(image: ElfImage, change: Change) -> None:
    for index, number in change.numbers.items():
        image.set_version(index, number)
    needs = [
        replace(need, versions=tuple(v for v in need.versions if v.number not in change.dropped))
        for need in image.needs()
    ]
    kept = [need for need in needs if need.versions]
    image.set_needs(elf_versions.pack_needs(kept), len(kept))


def _check(file: Path, before: Sequence[RequiredVersion], change: Change) -> None:
    """Reads the file again: each symbol must need what was planned, or what it needed before."""
    versions = {version.number: (version.library, version.version) for version in before}
    expected = {
        symbol.index: versions[number]
        for version in before
        for symbol in version.symbols
        if (number := change.numbers.get(symbol.index, version.number)) != ANY_VERSION
    }
    with elf.opened(file) as opened:
        after = opened.required_versions()
    if expected != {symbol.index: (v.library, v.version) for v in after for symbol in v.symbols}:
        raise PackageError(
            f"{file} cannot be changed to run with an older glibc",
            "its version tables differ from what was written",
            "please report it",
        )
