"""The rules for packages: reads `nuitka_options/packages/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from packaging.utils import canonicalize_name

from tf2exe.knowledge.data import data_folder, read_toml
from tf2exe.knowledge.rules import (
    ForwarderRule,
    LocalSymbolsRule,
    OptionalImportRule,
    OptionalLibraryRule,
    Requirement,
    Rule,
    SourcePatch,
)


@dataclass(frozen=True)
class AutoGraphNames:
    """The names that pass functions of the application to AutoGraph, which reads their source.

    Attributes:
        reason: why their modules are bundled with source.
        decorators: full names of decorators.
        functions: full names of functions that take functions as arguments.
        dataset_methods: methods of datasets that take functions as arguments.
        dataset_module: the module whose import shows that the application uses datasets.
        reader: the folder of the modules that read source.
    """

    reason: str
    decorators: tuple[str, ...]
    functions: tuple[str, ...]
    dataset_methods: tuple[str, ...]
    dataset_module: str
    reader: str


@dataclass(frozen=True)
class PackageRules:
    """The rules for one distribution, or (names ``*``) for all; each field has the rules of one kind."""

    names: tuple[str, ...]
    exclude: tuple[Rule, ...]
    keep_symbols: tuple[Rule, ...]
    unneeded_requirements: tuple[Requirement, ...]
    extra_requirements: tuple[Requirement, ...]
    patches: tuple[SourcePatch, ...]
    autograph: AutoGraphNames | None
    tested: tuple[str, ...]
    forwarders: tuple[ForwarderRule, ...] = ()
    local_symbols: tuple[LocalSymbolsRule, ...] = ()
    preload: tuple[Rule, ...] = ()
    optional_imports: tuple[OptionalImportRule, ...] = ()
    optional_libraries: tuple[OptionalLibraryRule, ...] = ()


def _fields(entry: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any rule
    """The fields of a rule: those of an entry, with tuples for its lists, and more."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()} | more


def _with_names(entry: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any rule
    """The fields of a rule that searches the source for names."""
    return _fields(entry, names=frozenset(entry.get("names", ())), **more)


def parse_package(data: dict[str, Any], origin: str) -> PackageRules:
    """The rules of a file.

    Args:
        data: the content of the file.
        origin: its name, for reports.
    """

    def entries(kind: str) -> list[dict[str, Any]]:
        return [{**entry, "origin": origin} for entry in data.get(kind, ())]

    names, converter = tuple(data["names"]), _fields(data.get("autograph", {}))
    return PackageRules(
        names=names,
        exclude=tuple(Rule(**_fields(entry)) for entry in entries("exclude")),
        keep_symbols=tuple(Rule(**entry) for entry in entries("keep_symbols")),
        unneeded_requirements=tuple(
            Requirement(**_fields(entry)) for entry in entries("unneeded_requirement")
        ),
        extra_requirements=tuple(Requirement(**entry) for entry in entries("extra_requirement")),
        patches=tuple(SourcePatch(**entry) for entry in entries("patch")),
        autograph=AutoGraphNames(**converter) if converter else None,
        tested=tuple(data.get("tested", ())),
        forwarders=tuple(ForwarderRule(**_fields(entry)) for entry in entries("forwarder")),
        local_symbols=tuple(LocalSymbolsRule(**_with_names(entry)) for entry in entries("local_symbols")),
        preload=tuple(Rule(**entry) for entry in entries("preload")),
        optional_imports=tuple(
            OptionalImportRule(**_with_names(entry, owners=names)) for entry in entries("optional_import")
        ),
        optional_libraries=tuple(
            OptionalLibraryRule(**_fields(entry)) for entry in entries("optional_library")
        ),
    )


@cache
def read_all() -> tuple[PackageRules, ...]:
    """The rules for all packages."""
    names = sorted(path.name for path in (data_folder() / "packages").glob("*.toml"))
    return tuple(
        parse_package(read_toml(f"packages/{name}"), f"nuitka_options/packages/{name}") for name in names
    )


@cache
def read_for(distribution: str) -> tuple[PackageRules, ...]:
    """The rules for one distribution: its own, and those for all (but for `python`, the standard library)."""
    name = canonicalize_name(distribution)
    names = {name} if name == "python" else {name, "*"}
    return tuple(rules for rules in read_all() if not names.isdisjoint(rules.names))


@cache
def excludable_parts() -> tuple[str, ...]:
    """The names by which the setting `exclude` leaves out native libraries of packages."""
    return tuple(rule.part for rules in read_all() for rule in rules.forwarders)


@cache
def autograph_names() -> AutoGraphNames | None:
    """The names that pass functions to AutoGraph."""
    return next((rules.autograph for rules in read_all() if rules.autograph), None)
