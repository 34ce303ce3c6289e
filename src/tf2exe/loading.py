"""When carried modules are loaded: some later than at their import, some native ones ahead of it.

A lazy module is imported, but its code runs when something is asked of it (`launchers/lazy.c`). Native
modules that a sample loaded, and that a rule names, are loaded by a thread while the interpreter starts
(`launchers/posix/ahead.c`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from tf2exe import knowledge
from tf2exe.carry import PACKAGES, PYTHON
from tf2exe.module_names import mentions
from tf2exe.patterns import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tf2exe.carry import Carried
    from tf2exe.distributions import Chosen
    from tf2exe.footprint import Footprint
    from tf2exe.imports import Module
    from tf2exe.known_package import Package
    from tf2exe.rules import LazyRule, Rule

AHEAD = "lib/ahead"
"""Names the native modules, a line each; `launchers/posix/ahead.c` reads it."""


R = TypeVar("R", "Rule", "LazyRule")


@dataclass(frozen=True)
class Timed(Generic[R]):
    """A module that is not loaded when it is imported.

    Attributes:
        destination: its file, in the executable's folder.
        rule: why that is right.
    """

    destination: str
    rule: R


def lazy(
    carried: tuple[Carried, ...], modules: Sequence[Module], distributions: Iterable[Chosen]
) -> tuple[Timed[LazyRule], ...]:
    """The modules whose code can wait until something is asked of them."""
    names = {chosen.name for chosen in distributions}
    found: list[Timed[LazyRule]] = []
    for package in knowledge.packages():
        for rule in package.lazy:
            known = names <= set(rule.beside)
            if not rule.names or (known and not any(mentions(module.path, rule.names) for module in modules)):
                found += _timed(package, rule, carried)
    return tuple(found)


def ahead(carried: Iterable[Carried], footprint: Footprint) -> tuple[Timed[Rule], ...]:
    """The native modules that are worth it; none on Windows, whose loader serves one thread at a time."""
    if sys.platform == "win32":
        return ()
    used = footprint.files
    loaded = tuple(file for file in carried if str(file.source) in used)
    return tuple(
        timed
        for package in knowledge.packages()
        for rule in package.ahead
        for timed in _timed(package, rule, loaded)
    )


def _timed(package: Package, rule: R, files: Iterable[Carried]) -> Iterator[Timed[R]]:
    base = PYTHON if "python" in package.names else PACKAGES
    for file in files:
        if matches(f"{base}/{rule.pattern}", file.destination):
            yield Timed(file.destination, rule)


def write_ahead(folder: Path, chosen: Iterable[Timed[Rule]]) -> None:
    """Writes the list for the launcher, if there is anything to load ahead."""
    lines = "".join(f"{one.destination}\n" for one in chosen)
    if lines:
        (folder / AHEAD).write_text(lines, encoding="utf-8")
