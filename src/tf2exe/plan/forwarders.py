"""Selects the native libraries that are loaded at the first call.

A forwarder has the file name and the exported symbols of the library, which is bundled next to it under
another name (`launchers/forwarder/`). `exclude` leaves the library out; then a call prints one line and ends
the process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tf2exe.knowledge import package_rules
from tf2exe.native import elf, exports, shared_libraries
from tf2exe.plan.bundled_files import ExcludedFiles, exclusion_rule, is_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.knowledge.rules import ForwarderRule
    from tf2exe.native.exports import Exports
    from tf2exe.plan.bundled_files import BundledFile
    from tf2exe.plan.distributions import SelectedDistribution

ARCHITECTURES = ("x86_64", "aarch64")
"""The processors that `launchers/forwarder/` has jumps for."""


@dataclass(frozen=True)
class Forwarder:
    """A library that is loaded at the first call of one of its functions.

    Attributes:
        destination: the forwarder, relative to the executable's folder.
        real: the library, in the same folder; empty: it is excluded.
        exports: the symbols of both.
        rule: why.
    """

    destination: str
    real: str
    exports: Exports
    rule: ForwarderRule


def select(
    distributions: Iterable[SelectedDistribution], files: tuple[BundledFile, ...], excluded: Iterable[str]
) -> tuple[tuple[Forwarder, ...], tuple[BundledFile, ...], tuple[ExcludedFiles, ...]]:
    """The forwarders, the files with the libraries under their new names, and what `exclude` leaves out.

    A library keeps its name if a forwarder cannot stand for it.
    """
    found: list[Forwarder] = []
    excluded_files: list[ExcludedFiles] = []
    packages = (package for chosen in distributions for package in package_rules.read_for(chosen.name))
    for rule in dict.fromkeys(rule for package in packages for rule in package.forwarders):
        library = next((file for file in files if is_named(file, rule.library)), None)
        symbols = _symbols(library, files) if library else None
        if library is None or symbols is None:
            continue
        real = ""
        if rule.part in excluded:
            dropped = [c for c in files if any(is_named(c, name) for name in (rule.library, *rule.also))]
            files = tuple(file for file in files if file not in dropped)
            size = sum(file.size for file in dropped)
            excluded_files.append(ExcludedFiles(library.owner, exclusion_rule(rule.part), len(dropped), size))
        else:
            place = PurePosixPath(library.destination)
            real = str(place.with_name(rule.part + (".dll" if place.suffix == ".dll" else ".so")))
            reason = f"{place.name}, which its forwarder loads at the first call"
            renamed = replace(library, destination=real, reason=reason)
            files = tuple(renamed if file is library else file for file in files)
        found.append(Forwarder(library.destination, real, symbols, rule))
    return tuple(found), files, tuple(excluded_files)


def _symbols(library: BundledFile, files: Iterable[BundledFile]) -> Exports | None:
    """The symbols of a library; None: it cannot wait, or a forwarder cannot have the same symbols."""
    found = exports.read_exports(library.source)
    if found is None or found.other or found.architecture not in ARCHITECTURES:
        return None
    # What is linked to a variable of the library needs it when it is loaded.
    return None if found.variables and _is_read(found.variables, library, files) else found


def _is_read(variables: Iterable[str], library: BundledFile, files: Iterable[BundledFile]) -> bool:
    """Whether a file is linked to a variable; only the same wheel knows the name of such a library."""
    for file in files:
        if file.owner != library.owner or file.kind not in ("native", "stripped"):
            continue
        links = shared_libraries.read_needed(file.source)
        if links and library.source.name in links.libraries:
            with file.source.open("rb") as stream:
                if not elf.read_symbol_names(stream, defined=False).isdisjoint(variables):
                    return True
    return False
