"""What is known of a package: rules for carrying it, as a file of `nuitka_options/packages/` states them."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement as Stated


@dataclass(frozen=True)
class Rule:
    """A pattern over file names relative to the packages' folder (``**`` crosses folders).

    Attributes:
        pattern: which files.
        reason: why the rule is right.
        origin: the file that says so.
        unless_imported: the rule rests when this module is imported.
        even_if_loaded: it holds also for files that a sample loaded, because they were loaded without need.
    """

    pattern: str
    reason: str
    origin: str
    unless_imported: str = ""
    even_if_loaded: bool = False


@dataclass(frozen=True)
class Requirement:
    """A distribution that is, or is not, needed although metadata says otherwise."""

    name: str
    reason: str
    origin: str
    unless_imported: str = ""


@dataclass(frozen=True)
class Replacement:
    """A text of a carried source file that must read otherwise inside an executable.

    Attributes:
        file: relative to the folder of packages, or of the standard library.
        old: what it says.
        new: what it must say, in as many lines: a traceback tells their numbers.
        reason: why.
        origin: the file that says so.
        only: versions of the package that this is about, as in requirements; empty: all.
    """

    file: str
    old: str
    new: str
    reason: str
    origin: str
    only: str = ""

    def concerns(self) -> bool:
        """Whether the installed version is one of those that this is about."""
        return _is_installed(self.only)


@dataclass(frozen=True)
class StubRule:
    """A native library that applications without certain names in their source cannot call.

    Attributes:
        library: its file, as in rules.
        also: files that only it needs.
        askers: files that link to it.
        names: whoever may call it has one of them: attributes, imported names, texts; ``@`` is the operator.
        beside: other distributions that never call it; any further one keeps the library.
        module: its functions' module, which keeps it when `include-module` names it.
        reason: why this is so.
        origin: the file that says so.
    """

    library: str
    also: tuple[str, ...]
    askers: tuple[str, ...]
    names: frozenset[str]
    beside: tuple[str, ...]
    module: str
    reason: str
    origin: str


@dataclass(frozen=True)
class SpareRule:
    """Files that applications without certain names in their source cannot reach.

    Attributes:
        patterns: which files, as in rules.
        modules: what is then missing, by the names that Python's message gives.
        names: whoever may reach them has one of these: attributes, imported names, texts.
        beside: the distributions that never do; any further one keeps the files.
        reason: why this is so.
        owner: the distribution that the files belong to.
        origin: the file that says so.
    """

    patterns: tuple[str, ...]
    modules: tuple[str, ...]
    names: frozenset[str]
    beside: tuple[str, ...]
    reason: str
    owner: str
    origin: str


@dataclass(frozen=True)
class SettleRule:
    """A native library whose names only carried files can ask for.

    Attributes:
        pattern: its file, as in rules.
        names: a source that may load a library which is not carried, and asks for them, has one of these.
        reason: why this is so.
        origin: the file that says so.
    """

    pattern: str
    names: frozenset[str]
    reason: str
    origin: str


@dataclass(frozen=True)
class LazyRule:
    """Modules whose code can wait until something is asked of them.

    Attributes:
        pattern: which files, as in rules.
        reason: why nobody notices.
        origin: the file that says so.
        names: whoever may notice has one of these: attributes, imported names, texts; empty: nobody does.
        beside: the distributions that never notice, where there are names; any further one ends the waiting.
    """

    pattern: str
    reason: str
    origin: str
    names: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeferRule:
    """Imports of a module that can wait until what they give is asked for.

    Attributes:
        file: the module, relative to the folder of packages, or of the standard library.
        modules: patterns of the modules that it imports from.
        reason: why nobody notices.
        origin: the file that says so.
        names, beside: as of :class:`LazyRule`.
        only: as of :class:`Replacement`.
    """

    file: str
    modules: tuple[str, ...]
    reason: str
    origin: str
    names: frozenset[str] = frozenset()
    beside: tuple[str, ...] = ()
    only: str = ""

    @property
    def pattern(self) -> str:
        """Which file, as in other rules."""
        return self.file

    def concerns(self) -> bool:
        """Whether the installed version is one of those that this is about."""
        return _is_installed(self.only)


def _is_installed(only: str) -> bool:
    """Whether a requirement holds here; ``python`` is the interpreter."""
    if not only:
        return True
    stated = Stated(only)
    try:
        there = platform.python_version() if stated.name == "python" else metadata.version(stated.name)
    except metadata.PackageNotFoundError:
        return False
    return stated.specifier.contains(there, prereleases=True)


@dataclass(frozen=True)
class AutoGraph:
    """Which names hand the application's functions to a converter that reads their source."""

    reason: str
    decorators: tuple[str, ...]
    functions: tuple[str, ...]
    dataset_methods: tuple[str, ...]
    dataset_module: str
    reader: str


@dataclass(frozen=True)
class Package:
    """What is known of one distribution, or (names ``*``) of all."""

    names: tuple[str, ...]
    leave_out: tuple[Rule, ...]
    keep_symbols: tuple[Rule, ...]
    unneeded: tuple[Requirement, ...]
    needs: tuple[Requirement, ...]
    replacements: tuple[Replacement, ...]
    autograph: AutoGraph | None
    tested: tuple[str, ...]
    stubs: tuple[StubRule, ...] = ()
    settle: tuple[SettleRule, ...] = ()
    spares: tuple[SpareRule, ...] = ()
    lazy: tuple[LazyRule, ...] = ()
    deferred: tuple[DeferRule, ...] = ()
    ahead: tuple[Rule, ...] = ()


def _fields(entry: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any rule
    """What an entry says, with tuples for its lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()} | more


def _by_names(entry: dict[str, Any], origin: str, **more: str) -> dict[str, Any]:
    """The same of a rule that looks for names in the source."""
    return _fields(entry, names=frozenset(entry.get("names", ())), origin=origin, **more)


def read_package(data: dict[str, Any], origin: str) -> Package:
    """What a file says of a package.

    Args:
        data: its contents.
        origin: its name, for those who ask where a rule comes from.
    """
    converter = _fields(data.get("autograph", {}))
    return Package(
        names=tuple(data["names"]),
        leave_out=tuple(Rule(origin=origin, **entry) for entry in data.get("leave_out", ())),
        keep_symbols=tuple(Rule(origin=origin, **entry) for entry in data.get("keep_symbols", ())),
        unneeded=tuple(Requirement(origin=origin, **entry) for entry in data.get("unneeded_requirement", ())),
        needs=tuple(
            Requirement(
                name=entry["distribution"],
                reason=entry["reason"],
                origin=origin,
            )
            for entry in data.get("needs", ())
        ),
        replacements=tuple(Replacement(origin=origin, **entry) for entry in data.get("replace", ())),
        autograph=AutoGraph(**converter) if converter else None,
        tested=tuple(data.get("tested", ())),
        stubs=tuple(StubRule(**_by_names(entry, origin)) for entry in data.get("stub", ())),
        settle=tuple(SettleRule(**_by_names(entry, origin)) for entry in data.get("settle", ())),
        spares=tuple(
            SpareRule(**_by_names(entry, origin, owner=data["names"][0])) for entry in data.get("spare", ())
        ),
        lazy=tuple(LazyRule(**_by_names(entry, origin)) for entry in data.get("lazy", ())),
        deferred=tuple(DeferRule(**_by_names(entry, origin)) for entry in data.get("defer", ())),
        ahead=tuple(Rule(origin=origin, **entry) for entry in data.get("ahead", ())),
    )
