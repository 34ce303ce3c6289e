"""Which installed distributions does the application need, and why each?"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tf2exe import knowledge
from tf2exe.analysis.modules import Module, imported, is_imported, is_standard
from tf2exe.errors import ConfigurationError
from tf2exe.knowledge import runtimes
from tf2exe.plan import optional_imports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tf2exe.config.application import Application
    from tf2exe.knowledge.rules import OptionalImportRule
    from tf2exe.trace.footprint import Footprint

SITE_HOOKS = ("_distutils_hack/", "__editable__", "_virtualenv", "sitecustomize", "distutils-precedence")
"""What Python's `site` runs by itself at every start, whatever the program is."""


@dataclass(frozen=True)
class Chosen:
    """A distribution that is carried.

    Attributes:
        name: canonical.
        version: as installed.
        reason: why it is carried, for people.
        base: the folder that its files are relative to.
        files: its files, relative to ``base``, with forward slashes.
    """

    name: str
    version: str
    reason: str
    base: Path
    files: tuple[str, ...]


class Installed:
    """The distributions of this Python, each file and each top-level name with its owner."""

    def __init__(self) -> None:
        self.by_name: dict[str, metadata.Distribution] = {}
        self.owner: dict[str, str] = {}
        self.tops: dict[str, set[str]] = {}
        self._files: dict[str, tuple[str, ...]] = {}
        for distribution in metadata.distributions():
            name = canonicalize_name(distribution.metadata["Name"] or "")
            if not name or name in self.by_name:
                continue
            self.by_name[name] = distribution
            base = str(distribution.locate_file("")).rstrip("/\\")
            self._files[name] = _listed(distribution)
            for text in self._files[name]:
                self.owner[f"{base}/{text}"] = name
                top = text.partition("/")[0]
                self.tops.setdefault(top.partition(".")[0] if "/" not in text else top, set()).add(name)

    def of_module(self, module: str) -> str | None:
        """The distribution that holds a module; the longest match decides in namespace packages."""
        candidates = self.tops.get(module.partition(".")[0], set())
        if len(candidates) <= 1:
            return next(iter(candidates), None)
        parts = module.split(".")
        for length in range(len(parts), 0, -1):
            path = "/".join(parts[:length])
            for name in sorted(candidates):
                base = str(self.by_name[name].locate_file("")).rstrip("/\\")
                endings = (f"{path}.py", f"{path}/__init__.py")
                if any(self.owner.get(f"{base}/{ending}") == name for ending in endings):
                    return name
        return None

    def files(self, name: str) -> tuple[Path, tuple[str, ...]]:
        """A distribution's base folder and its files, without caches of bytecode and scripts."""
        distribution = self.by_name[name]
        kept = sorted({text for text in self._files[name] if "__pycache__/" not in text})
        return Path(str(distribution.locate_file(""))), tuple(kept)


def _listed(distribution: metadata.Distribution) -> tuple[str, ...]:
    """The files below its base folder. `files` would make a path object of each of TensorFlow's 17,000."""
    record = distribution.read_text("RECORD")
    if record is None:
        texts = [str(file) for file in distribution.files or ()]
    else:
        texts = [row[0] for row in csv.reader(record.splitlines()) if row]
    texts = [text.replace("\\", "/") for text in texts]
    return tuple(text for text in texts if not text.startswith("../"))


def choose(
    application: Application, modules: tuple[Module, ...], footprint: Footprint, installed: Installed
) -> tuple[tuple[Chosen, ...], dict[str, OptionalImportRule]]:
    """Every distribution that the source imports anywhere or that a sample loaded, with what these require.

    Returns:
        They, and those that a sample loaded without need, each with the rule that says so.

    Raises:
        ConfigurationError: `include-module` names a module that is not installed, or `exclude` a part that an
            installed package does not have.
    """
    named, loaded = _named(application, modules, installed), _loaded(footprint, installed)
    present = imported(modules, footprint, application.settings.include_module)

    @cache
    def required_by(name: str) -> frozenset[str]:
        return frozenset(required for required, _ in _requirements(name, installed, present))

    unwanted = optional_imports.unwanted(named, loaded, modules, footprint, installed, required=required_by)
    reasons = {name: reason for name, reason in (loaded | named).items() if name not in unwanted}
    reasons.pop("tf2exe", None)
    _refuse_unknown_parts(application.settings.exclude, installed)
    left_out = [item.module for item in runtimes.about(application.settings.runtime).exclude]
    excluded = _excluded([*application.settings.exclude, *left_out], installed)
    waiting = sorted(reasons)
    while waiting:
        name = waiting.pop()
        if name in excluded:
            reasons.pop(name, None)
            continue
        for required, reason in _requirements(name, installed, present):
            if required not in reasons:
                reasons[required] = reason
                waiting.append(required)
    chosen = []
    for name in sorted(reasons.keys() - excluded):
        base, files = installed.files(name)
        version = installed.by_name[name].version
        chosen.append(Chosen(name, version, reasons[name], base, files))
    return tuple(chosen), unwanted


def _excluded(names: Iterable[str], installed: Installed) -> set[str]:
    """Distributions that `exclude` names, by themselves or by a module; a part of one is `carry`'s affair."""
    found = set()
    for name in names:
        if "." not in name:
            found.add(installed.of_module(name) or canonicalize_name(name))
        elif (canonical := canonicalize_name(name)) in installed.by_name:
            found.add(canonical)
    return found


def _refuse_unknown_parts(names: Iterable[str], installed: Installed) -> None:
    """An excluded package need not be installed. If it is, it must have the part that is named."""
    for name in names:
        owners = installed.tops.get(name.partition(".")[0], set())
        if "." not in name or not owners or name in knowledge.parts():
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
        near = difflib.get_close_matches(name, sorted({*modules, *knowledge.parts()}), n=1)
        raise ConfigurationError(
            f"no part '{name}' to exclude",
            f"{' and '.join(sorted(owners))} has no such module",
            f"did you mean '{near[0]}'?" if near else "correct `exclude`",
        )


def _named(application: Application, modules: tuple[Module, ...], installed: Installed) -> dict[str, str]:
    """Distributions that the source imports or the settings name, each with the place."""
    reasons: dict[str, str] = {}
    own = {module.top for module in modules}
    for module in modules:
        for item in module.imports:
            if is_standard(item.module) or item.module.partition(".")[0] in own:
                continue
            if name := installed.of_module(item.module):
                reasons.setdefault(name, f"{module.path.name}, line {item.line}, imports {item.module}")
    for text in application.settings.include_module:
        if is_standard(text) or text.partition(".")[0] in own:
            continue
        found = installed.of_module(text)
        if found is None:
            raise ConfigurationError(
                f"no module '{text}'",
                "include-module names it, but no installed package has it",
                "install it, or correct the name",
            )
        reasons.setdefault(found, f"include-module has {text}")
    return reasons


def _loaded(footprint: Footprint, installed: Installed) -> dict[str, str]:
    """Distributions that a sample loaded, each with a file."""
    reasons: dict[str, str] = {}
    for path in (*footprint.executed, *(file for _, file in footprint.modules if file)):
        owner = installed.owner.get(path.replace("\\", "/"))
        if owner and not any(hook in path for hook in SITE_HOOKS):
            reasons.setdefault(owner, f"a sample loaded {Path(path).name}")
    return reasons


def _requirements(name: str, installed: Installed, present: set[str]) -> list[tuple[str, str]]:
    """What a distribution requires on this platform, less what is unneeded, plus what is hidden."""
    known = knowledge.about(name)
    unneeded = {
        item.name
        for package in known
        for item in package.unneeded_requirements
        if not is_imported(item.unless_imported, present)
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
        found += [(need.name, need.reason) for need in package.needs if need.name in installed.by_name]
    return found


def _stated(name: str, extra: str, installed: Installed) -> Iterator[Requirement]:
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
