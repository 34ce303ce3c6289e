"""Chooses the native libraries whose private C++ symbols become local."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe import knowledge
from tf2exe.analysis.scopes import mentions
from tf2exe.plan.bundled_files import is_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tf2exe.analysis.modules import Module
    from tf2exe.knowledge.rules import LocalSymbolsRule
    from tf2exe.plan.bundled_files import Carried


@dataclass(frozen=True)
class LocalSymbols:
    """A library whose private symbols become local.

    Attributes:
        destination: its path in the executable's folder.
        rule: the rule that allows it.
    """

    destination: str
    rule: LocalSymbolsRule


def choose_local_symbols(modules: Iterable[Module], carried: Sequence[Carried]) -> tuple[LocalSymbols, ...]:
    """The libraries that a rule names, unless the source could load another that references their symbols."""
    modules = tuple(modules)
    found = []
    for rule in (rule for package in knowledge.packages() for rule in package.local_symbols):
        chosen = [c for c in carried if c.how == "stripped" and is_named(c, rule.pattern)]
        if chosen and not any(mentions(module.path, rule.names) for module in modules):
            found += [LocalSymbols(item.destination, rule) for item in chosen]
    return tuple(found)
