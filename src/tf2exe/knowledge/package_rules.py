"""What is known of a package: the rules of a file of `nuitka_options/packages/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf2exe.knowledge.rules import (
    ForwarderRule,
    LibraryRule,
    OptionalRule,
    Replacement,
    Requirement,
    Rule,
    SettleRule,
)


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
    forwarders: tuple[ForwarderRule, ...] = ()
    settle: tuple[SettleRule, ...] = ()
    ahead: tuple[Rule, ...] = ()
    optional: tuple[OptionalRule, ...] = ()
    optional_libraries: tuple[LibraryRule, ...] = ()


def _fields(entry: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any rule
    """What an entry says, with tuples for its lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()} | more


def _by_names(entry: dict[str, Any], origin: str, **more: str | tuple[str, ...]) -> dict[str, Any]:
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
        leave_out=tuple(Rule(**_fields(entry, origin=origin)) for entry in data.get("leave_out", ())),
        keep_symbols=tuple(Rule(origin=origin, **entry) for entry in data.get("keep_symbols", ())),
        unneeded=tuple(
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
        settle=tuple(SettleRule(**_by_names(entry, origin)) for entry in data.get("settle", ())),
        ahead=tuple(Rule(origin=origin, **entry) for entry in data.get("ahead", ())),
        optional=tuple(
            OptionalRule(**_by_names(entry, origin, owners=tuple(data["names"])))
            for entry in data.get("optional_import", ())
        ),
        optional_libraries=tuple(
            LibraryRule(**_fields(entry, origin=origin)) for entry in data.get("optional_library", ())
        ),
    )
