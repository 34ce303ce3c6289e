"""The rules for one package: reads a file of `nuitka_options/packages/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2exe.knowledge.rules import (
    ForwarderRule,
    LocalSymbolsRule,
    OptionalImportRule,
    OptionalLibraryRule,
    Replacement,
    Requirement,
    Rule,
)


@dataclass(frozen=True)
class AutoGraph:
    """The names that pass functions of the application to AutoGraph, which reads their source."""

    reason: str
    decorators: tuple[str, ...]
    functions: tuple[str, ...]
    dataset_methods: tuple[str, ...]
    dataset_module: str
    reader: str


@dataclass(frozen=True)
class Package:
    """The rules for one distribution, or (names ``*``) for every one."""

    names: tuple[str, ...]
    exclude: tuple[Rule, ...]
    keep_symbols: tuple[Rule, ...]
    unneeded_requirements: tuple[Requirement, ...]
    needs: tuple[Requirement, ...]
    replacements: tuple[Replacement, ...]
    autograph: AutoGraph | None
    tested: tuple[str, ...]
    forwarders: tuple[ForwarderRule, ...] = ()
    local_symbols: tuple[LocalSymbolsRule, ...] = ()
    preload: tuple[Rule, ...] = ()
    optional_imports: tuple[OptionalImportRule, ...] = ()
    optional_libraries: tuple[OptionalLibraryRule, ...] = ()


def _fields(entry: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any rule
    """The fields of an entry, with tuples for its lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()} | more


def _by_names(entry: dict[str, Any], origin: str, **more: str | tuple[str, ...]) -> dict[str, Any]:
    """The fields of a rule with ``names`` of the source."""
    return _fields(entry, names=frozenset(entry.get("names", ())), origin=origin, **more)


def read_package(data: dict[str, Any], origin: str) -> Package:
    """Reads the rules for a package.

    Args:
        data: the content of its file.
        origin: the name of the file.
    """
    converter = _fields(data.get("autograph", {}))
    return Package(
        names=tuple(data["names"]),
        exclude=tuple(Rule(**_fields(entry, origin=origin)) for entry in data.get("exclude", ())),
        keep_symbols=tuple(Rule(origin=origin, **entry) for entry in data.get("keep_symbols", ())),
        unneeded_requirements=tuple(
            Requirement(**_fields(entry, origin=origin)) for entry in data.get("unneeded_requirement", ())
        ),
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
        forwarders=tuple(
            ForwarderRule(**_fields(entry, origin=origin)) for entry in data.get("forwarder", ())
        ),
        local_symbols=tuple(
            LocalSymbolsRule(**_by_names(entry, origin)) for entry in data.get("local_symbols", ())
        ),
        preload=tuple(Rule(origin=origin, **entry) for entry in data.get("preload", ())),
        optional_imports=tuple(
            OptionalImportRule(**_by_names(entry, origin, owners=tuple(data["names"])))
            for entry in data.get("optional_import", ())
        ),
        optional_libraries=tuple(
            OptionalLibraryRule(**_fields(entry, origin=origin)) for entry in data.get("optional_library", ())
        ),
    )
