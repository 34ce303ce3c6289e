"""Downgrades the required glibc symbol versions of native files, if an older version is the same function.

Three tables change: the version of each symbol (`.gnu.version`), the list of required versions
(`.gnu.version_r`) and its length. The functions are listed in `nuitka_options/glibc.toml`.
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

UNVERSIONED = 1
"""The number of a symbol without a version: it binds to the executable's polyfill, or to glibc."""


@dataclass(frozen=True)
class Downgrade:
    """The changes of a file: new version numbers by symbol index, and the removed versions."""

    numbers: dict[int, int]
    dropped: frozenset[int]


def downgrade(file: Path) -> bool:
    """Changes a native file to run with an older glibc; returns whether it was changed.

    The file is not changed if that would not lower the glibc version that it requires.

    Raises:
        PackageError: the changed file does not have the planned versions.
    """
    try:
        before = _read_replaceable(file)
        change = plan_downgrade(*before) if before else None
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
    _check_result(file, before[0], change)
    return True


def _read_replaceable(file: Path) -> tuple[tuple[RequiredVersion, ...], int] | None:
    """The required versions and the number of constructors; None if no version can be downgraded."""
    known = glibc.read_rules()
    with elf.opened(file) as opened:
        if opened.machine != known.machine or known.replaceable.isdisjoint(opened.version_names()):
            return None
        return opened.required_versions(), opened.constructors


def plan_downgrade(versions: Sequence[RequiredVersion], constructors: int) -> Downgrade | None:
    """Plans to remove each version for whose functions there are substitutes.

    Args:
        versions: the required versions of a file.
        constructors: the number of functions that the loader calls when it loads the file.

    Returns:
        None if the required glibc version would not change.
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
            numbers |= {index: older.get(name or "", UNVERSIONED) for index, name in substitutes.items()}
    left = [version for version in versions if version.number not in dropped]
    if not left or elf_versions.newest_glibc(left) == elf_versions.newest_glibc(versions):
        return None
    return Downgrade(numbers, frozenset(dropped))


def _apply(image: ElfImage, change: Downgrade) -> None:
    for index, number in change.numbers.items():
        image.set_version(index, number)
    needs = [
        replace(need, versions=tuple(v for v in need.versions if v.number not in change.dropped))
        for need in image.verneed()
    ]
    kept = [need for need in needs if need.versions]
    image.set_verneed(elf_versions.pack_verneed(kept), len(kept))


def _check_result(file: Path, before: Sequence[RequiredVersion], change: Downgrade) -> None:
    """Reads the file again and checks that each symbol has the planned version, or its old one."""
    versions = {version.number: (version.library, version.version) for version in before}
    expected = {
        symbol.index: versions[number]
        for version in before
        for symbol in version.symbols
        if (number := change.numbers.get(symbol.index, version.number)) != UNVERSIONED
    }
    with elf.opened(file) as opened:
        after = opened.required_versions()
    if expected != {symbol.index: (v.library, v.version) for v in after for symbol in v.symbols}:
        raise PackageError(
            f"{file} cannot be changed to run with an older glibc",
            "its version tables differ from what was written",
            "please report it",
        )
