"""Finds optional dependencies that nothing uses.

Keras imports pandas, Matplotlib, OpenCV and scikit-learn if they are installed, and works without them. Rules
(`[[optional_import]]`) name such modules. They are not bundled unless something else uses them.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.knowledge import package_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tf2exe.analysis.evidence import Evidence
    from tf2exe.analysis.installed import InstalledDistributions
    from tf2exe.knowledge.rules import OptionalImportRule
    from tf2exe.trace.footprint import Footprint

    Imports = defaultdict[str, set[str]]

IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(.+)", re.MULTILINE)
WORD = re.compile(rb"[A-Za-z_]\w*")


def find_unused(
    named: Iterable[str],
    loaded: Iterable[str],
    footprint: Footprint,
    evidence: Evidence,
    installed: InstalledDistributions,
    *,
    required: Callable[[str], frozenset[str]],
) -> dict[str, OptionalImportRule]:
    """Distributions that a sample loaded without need, each with its rule.

    Args:
        named: distributions that the source imports or the settings name.
        loaded: those that a sample loaded.
        footprint: of the application.
        evidence: decides which rules apply.
        installed: the installed distributions.
        required: returns the distributions that one requires.

    Returns:
        Those that only the rules' packages brought, and what these alone led to: no other distribution of the
        build requires them, none of its modules that a sample ran imports them when it is imported, and the
        application's source does not have their names.
    """
    seeds = {*named, *loaded}
    optional = _optional(seeds, named, evidence, installed)
    if not optional:
        return {}
    looking = {owner for rule in optional.values() for owner in rule.owners}
    sure = _reached({*named, *(seeds & looking)} - optional.keys(), required)
    tops = {
        name: {top for top, owners in installed.by_top_level.items() if name in owners}
        for name in seeds - sure
    }
    imports = _imports(tops, footprint, installed, required)

    def leads_to(name: str) -> frozenset[str]:
        return required(name) | imports[name]

    behind = {name: _reached([name], leads_to) for name in optional}
    doubtful = set().union(*behind.values()) - sure
    asked = {name for name in doubtful if evidence.mentions(tops.get(name, ()))}
    wanted = _reached({*sure, *asked, *(seeds - doubtful)}, leads_to)
    return {
        name: next(rule for root, rule in optional.items() if name in behind[root])
        for name in sorted(doubtful - wanted)
    }


def _optional(
    seeds: set[str], named: Iterable[str], evidence: Evidence, installed: InstalledDistributions
) -> dict[str, OptionalImportRule]:
    """Distributions that rules of loaded packages are about, where the source has none of their names."""
    found: dict[str, OptionalImportRule] = {}
    used: set[str] = set(named)
    for rule in (rule for package in package_rules.read_all() for rule in package.optional_imports):
        if seeds.isdisjoint(rule.owners):
            continue
        about = {owner for module in rule.modules for owner in installed.by_top_level.get(module, ())} & seeds
        if not evidence.meets(rule.condition):
            used |= about
        found |= dict.fromkeys(sorted(about), rule)
    return {name: rule for name, rule in found.items() if name not in used}


def _imports(
    tops: Mapping[str, set[str]],
    footprint: Footprint,
    installed: InstalledDistributions,
    required: Callable[[str], frozenset[str]],
) -> Imports:
    """Which of some distributions, given with their modules, each one imports without requiring it.

    What a rule tells of a distribution is left out.
    """
    rules = [rule for package in package_rules.read_all() for rule in package.optional_imports]
    owners = {top: name for name, names in tops.items() for top in names}
    ran: defaultdict[str, list[Path]] = defaultdict(list)
    for path in {*footprint.executed, *(file for _, file in footprint.modules)}:
        name = installed.owner.get(path.replace("\\", "/"))
        if name and path.endswith(".py"):
            ran[name].append(Path(path))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, files in ran.items():
        known = {top for other in (name, *required(name)) for top in tops.get(other, ())}
        told = {module for rule in rules if name in rule.owners for module in rule.modules}
        others = owners.keys() - known - told
        found[name] = {owners[top] for file in files for top in imported_at_once(file, others)}
    return found


def imported_at_once(path: Path, tops: Iterable[str]) -> set[str]:
    """Which of some top-level modules a module imports when it is imported itself: in no function."""
    try:
        source = path.read_bytes()
    except OSError:
        return set()  # made for a sample, and deleted since
    words = {word for rest in IMPORT.findall(source) for word in WORD.findall(rest)}
    possible = {top for top in tops if top.encode() in words}
    return possible & set(_imported(ast.parse(source))) if possible else set()


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                pass
            case ast.If() | ast.Try() | ast.With() | ast.ClassDef() | ast.ExceptHandler():
                yield from _imported(child)


def _reached(starts: Iterable[str], leads_to: Callable[[str], Iterable[str]]) -> set[str]:
    """All that some distributions lead to, and they themselves."""
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += leads_to(name)
    return found
