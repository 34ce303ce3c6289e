"""The rules for packages: reads `nuitka_options/packages/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from packaging.utils import canonicalize_name

from tf2exe.knowledge.data import data_folder, read_toml
from tf2exe.knowledge.rules import (
    Condition,
    ForwarderRule,
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
    local_symbols: tuple[Rule, ...] = ()
    preload: tuple[Rule, ...] = ()
    optional_imports: tuple[OptionalImportRule, ...] = ()
    optional_libraries: tuple[OptionalLibraryRule, ...] = ()


def _fields(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of an entry, with tuples for its lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def _conditional(entry: dict[str, Any]) -> dict[str, Any]:
    """The fields of a rule with a condition. Modules that the rule is about are implied in its names."""
    fields = _fields(entry)
    names = frozenset((*fields.pop("unless_mentioned", ()), *fields.get("modules", ())))
    fields["condition"] = Condition(fields.pop("unless_imported", ()), names)
    return fields


def parse_package(data: dict[str, Any], origin: str) -> PackageRules:
    """The rules of a file.

    Args:
        data: the content of the file.
        origin: its name, for reports.
    """

    def entries(kind: str) -> list[dict[str, Any]]:
        return [{**_fields(entry), "origin": origin} for entry in data.get(kind, ())]

    def conditional(kind: str) -> list[dict[str, Any]]:
        return [_conditional(entry) for entry in entries(kind)]

    names, converter = tuple(data["names"]), _fields(data.get("autograph", {}))
    return PackageRules(
        names=names,
        exclude=tuple(Rule(**entry) for entry in conditional("exclude")),
        keep_symbols=tuple(Rule(**entry) for entry in entries("keep_symbols")),
        unneeded_requirements=tuple(Requirement(**entry) for entry in conditional("unneeded_requirement")),
        extra_requirements=tuple(Requirement(**entry) for entry in entries("extra_requirement")),
        patches=tuple(SourcePatch(**entry) for entry in entries("patch")),
        autograph=AutoGraphNames(**converter) if converter else None,
        tested=tuple(data.get("tested", ())),
        forwarders=tuple(ForwarderRule(**entry) for entry in entries("forwarder")),
        local_symbols=tuple(Rule(**entry) for entry in conditional("local_symbols")),
        preload=tuple(Rule(**entry) for entry in conditional("preload")),
        optional_imports=tuple(
            OptionalImportRule(owners=names, **entry) for entry in conditional("optional_import")
        ),
        optional_libraries=tuple(OptionalLibraryRule(**entry) for entry in entries("optional_library")),
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
