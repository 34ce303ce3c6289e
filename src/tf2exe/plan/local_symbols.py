"""Selects the native libraries whose private C++ symbols become local."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.knowledge import package_rules
from tf2exe.plan.bundled_files import is_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.analysis.evidence import Evidence
    from tf2exe.knowledge.rules import Rule
    from tf2exe.plan.bundled_files import BundledFile


@dataclass(frozen=True)
class LocalSymbols:
    """A library whose private symbols become local.

    Attributes:
        destination: its path in the executable's folder.
        rule: the rule that allows it.
    """

    destination: str
    rule: Rule


def select_local_symbols(files: Iterable[BundledFile], evidence: Evidence) -> tuple[LocalSymbols, ...]:
    """The libraries of the rules that apply."""
    stripped = [file for file in files if file.kind == "stripped"]
    return tuple(
        LocalSymbols(file.destination, rule)
        for package in package_rules.read_all()
        for rule in package.local_symbols
        if evidence.meets(rule.condition)
        for file in stripped
        if is_named(file, rule.pattern)
    )
