"""Selects the distributions that an application needs, each with the reason."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tf2exe.analysis.imported_names import is_standard
from tf2exe.errors import ConfigurationError
from tf2exe.knowledge import package_rules, runtimes
from tf2exe.plan import optional_imports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tf2exe.analysis.evidence import Evidence
    from tf2exe.analysis.installed import InstalledDistributions
    from tf2exe.analysis.modules import Module
    from tf2exe.config.application import Application
    from tf2exe.knowledge.rules import OptionalImportRule
    from tf2exe.trace.footprint import Footprint

SITE_HOOKS = ("_distutils_hack/", "__editable__", "_virtualenv", "sitecustomize", "distutils-precedence")
"""Files that Python's `site` runs at every start of every program."""


@dataclass(frozen=True)
class SelectedDistribution:
    """A bundled distribution.

    Attributes:
        name: canonical.
        version: as installed.
        reason: why it is bundled.
        base: the folder that its files are relative to.
        files: its files, relative to ``base``, with forward slashes.
    """

    name: str
    version: str
    reason: str
    base: Path
    files: tuple[str, ...]


def select_distributions(
    application: Application,
    modules: tuple[Module, ...],
    footprint: Footprint,
    evidence: Evidence,
    installed: InstalledDistributions,
) -> tuple[tuple[SelectedDistribution, ...], dict[str, OptionalImportRule]]:
    """Every distribution that the source imports or that a sample loaded, with their requirements.

    Returns:
        The distributions, and those that a sample loaded without need, each with its rule.

    Raises:
        ConfigurationError: `include-module` names a module that is not installed, or `exclude` a part that an
            installed package does not have.
    """
    named, loaded = _named(application, modules, installed), _loaded(footprint, installed)

    @cache
    def required_by(name: str) -> frozenset[str]:
        return frozenset(required for required, _ in _requirements(name, installed, evidence))

    unused = optional_imports.find_unused(named, loaded, footprint, evidence, installed, required=required_by)
    reasons = {name: reason for name, reason in (loaded | named).items() if name not in unused}
    reasons.pop("tf2exe", None)
    _refuse_unknown_parts(application.settings.exclude, installed)
    by_runtime = [item.module for item in runtimes.read_rules(application.settings.runtime).exclude]
    excluded = _excluded([*application.settings.exclude, *by_runtime], installed)
    waiting = sorted(reasons)
    while waiting:
        name = waiting.pop()
        if name in excluded:
            reasons.pop(name, None)
            continue
        for required, reason in _requirements(name, installed, evidence):
            if required not in reasons:
                reasons[required] = reason
                waiting.append(required)
    chosen = []
    for name in sorted(reasons.keys() - excluded):
        base, files = installed.files(name)
        version = installed.by_name[name].version
        chosen.append(SelectedDistribution(name, version, reasons[name], base, files))
    return tuple(chosen), unused


def _excluded(names: Iterable[str], installed: InstalledDistributions) -> set[str]:
    """Distributions that `exclude` names, by their name or by a module, not by a part of them."""
    found = set()
    for name in names:
        if "." not in name:
            found.add(installed.owner_of_module(name) or canonicalize_name(name))
        elif (canonical := canonicalize_name(name)) in installed.by_name:
            found.add(canonical)
    return found


def _refuse_unknown_parts(names: Iterable[str], installed: InstalledDistributions) -> None:
    """An excluded package need not be installed. If it is, it must have the part that is named."""
    for name in names:
        owners = installed.by_top_level.get(name.partition(".")[0], set())
        if "." not in name or not owners or name in package_rules.excludable_parts():
            continue
        files = [file for owner in sorted(owners) for file in installed.files(owner)[1]]
        beginnings = tuple(name.replace(".", "/") + mark for mark in "./")
        if canonicalize_name(name) in installed.by_name or any(file.startswith(beginnings) for file in files):
            continue
        modules = {
            file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for file in files
            if file.endswith(".py")
        }
        near = difflib.get_close_matches(name, sorted({*modules, *package_rules.excludable_parts()}), n=1)
        raise ConfigurationError(
            f"no part '{name}' to exclude",
            f"{' and '.join(sorted(owners))} has no such module",
            f"did you mean '{near[0]}'?" if near else "correct `exclude`",
        )


def _named(
    application: Application, modules: tuple[Module, ...], installed: InstalledDistributions
) -> dict[str, str]:
    """Distributions that the source imports or the settings name, each with the place."""
    reasons: dict[str, str] = {}
    own = {module.top for module in modules}
    for module in modules:
        for item in module.imports:
            if is_standard(item.module) or item.module.partition(".")[0] in own:
                continue
            if name := installed.owner_of_module(item.module):
                reasons.setdefault(name, f"{module.path.name}, line {item.line}, imports {item.module}")
    for text in application.settings.include_module:
        if is_standard(text) or text.partition(".")[0] in own:
            continue
        found = installed.owner_of_module(text)
        if found is None:
            raise ConfigurationError(
                f"no module '{text}'",
                "include-module names it, but no installed package has it",
                "install it, or correct the name",
            )
        reasons.setdefault(found, f"include-module has {text}")
    return reasons


def _loaded(footprint: Footprint, installed: InstalledDistributions) -> dict[str, str]:
    """Distributions that a sample loaded, each with a file."""
    reasons: dict[str, str] = {}
    for path in (*footprint.executed, *(file for _, file in footprint.modules if file)):
        owner = installed.owner.get(path.replace("\\", "/"))
        if owner and not any(hook in path for hook in SITE_HOOKS):
            reasons.setdefault(owner, f"a sample loaded {Path(path).name}")
    return reasons


def _requirements(name: str, installed: InstalledDistributions, evidence: Evidence) -> list[tuple[str, str]]:
    """What a distribution requires on this platform, less what is unneeded, plus what is hidden."""
    known = package_rules.read_for(name)
    unneeded = {
        item.name
        for package in known
        for item in package.unneeded_requirements
        if evidence.meets(item.condition)
    }
    found: list[tuple[str, str]] = []
    waiting, seen = [(name, "")], {(name, "")}
    while waiting:
        asked, extra = waiting.pop()
        what = f"{asked}[{extra}]" if extra else "it"
        for requirement in _stated(asked, extra, installed):
            required = canonicalize_name(requirement.name)
            if required in unneeded:
                continue
            if required != name:
                found.append((required, f"{name} requires {what}"))
            further = {(str(required), inner) for inner in requirement.extras} - seen
            seen |= further
            waiting += sorted(further)
    for package in known:
        found += [
            (need.name, need.reason) for need in package.extra_requirements if need.name in installed.by_name
        ]
    return found


def _stated(name: str, extra: str, installed: InstalledDistributions) -> Iterator[Requirement]:
    """The requirements in the metadata that hold here; with an extra, only those that it adds."""
    for text in installed.by_name[name].requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        marker = requirement.marker
        plain = marker is None or marker.evaluate({"extra": ""})
        holds = not plain and marker is not None and marker.evaluate({"extra": extra}) if extra else plain
        if holds and canonicalize_name(requirement.name) in installed.by_name:
            yield requirement
