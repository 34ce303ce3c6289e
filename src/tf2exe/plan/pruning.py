"""Parts of packages that only applications with certain names in their source can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.analysis.scopes import mentions
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.glob import matches
from tf2exe.knowledge.rules import PruningRule, Rule
from tf2exe.plan.bundled_files import ExcludedFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tf2exe.analysis.modules import Module
    from tf2exe.plan.bundled_files import BundledFile
    from tf2exe.plan.distributions import SelectedDistribution
    from tf2exe.trace.footprint import Footprint


def prune(
    modules: Sequence[Module],
    distributions: Iterable[SelectedDistribution],
    wanted: Iterable[str],
    carried: tuple[BundledFile, ...],
    footprint: Footprint,
) -> tuple[tuple[PruningRule, ...], tuple[BundledFile, ...], tuple[ExcludedFiles, ...]]:
    """The rules that hold, the files that are still carried, and what that leaves out.

    A rule rests when the source or `include-module` has one of its names, when a sample loaded one of its
    files, or when a package travels that it does not know.
    """
    names = {chosen.name for chosen in distributions}
    asked = {part for module in wanted for part in module.split(".")}
    used = footprint.files
    found, left_out = [], []
    for rule in package_rules.pruning_rules():
        if names - set(rule.only_with) or asked & {*rule.names, *rule.modules}:
            continue
        dropped = [file for file in carried if _is(file, rule)]
        loaded = any(str(file.source) in used for file in dropped)
        if not dropped or loaded or any(mentions(module.path, rule.names) for module in modules):
            continue
        found.append(rule)
        carried = tuple(file for file in carried if not _is(file, rule))
        for pattern in rule.patterns:
            files = [file for file in dropped if matches(pattern, _inside(file))]
            why = Rule(pattern, rule.reason, rule.origin)
            left_out.append(ExcludedFiles(rule.owner, why, len(files), sum(file.size for file in files)))
    return tuple(found), carried, tuple(left_out)


def _inside(file: BundledFile) -> str:
    """The file's place in its package, as rules name it."""
    return file.destination.removeprefix(f"{layout.PYTHON}/").removeprefix(f"{layout.PACKAGES}/")


def _is(file: BundledFile, rule: PruningRule) -> bool:
    return file.owner == rule.owner and any(matches(pattern, _inside(file)) for pattern in rule.patterns)
