"""What an expression of a `.spec` can stand for when nothing is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Value = Any
"""A plain Python value, or one of the classes below; lists and tuples may hold both."""


@dataclass(eq=False)
class Unknown:
    """Something that only running the file would tell.

    Attributes:
        text: the expression as it is written.
        line: its line.
    """

    text: str
    line: int


@dataclass(eq=False)
class Called:
    """A call whose meaning the conversion knows, or reports.

    Attributes:
        function: its dotted name, without the aliases of imports.
        arguments: the positional ones.
        keywords: the others.
        text: the call as it is written.
        line: its line.
        added: what the file adds to attributes of the result (`a.datas += ...`).
    """

    function: str
    arguments: list[Value]
    keywords: dict[str, Value]
    text: str
    line: int
    added: dict[str, list[Value]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The function's own name."""
        return self.function.rpartition(".")[2]

    def argument(self, place: int, keyword: str, default: Value = None) -> Value:
        """An argument that may be given by name, or by place (-1: only by name)."""
        if keyword in self.keywords:
            return self.keywords[keyword]
        return self.arguments[place] if 0 <= place < len(self.arguments) else default


@dataclass(frozen=True, eq=False)
class Part:
    """An attribute or an item of what a call returns: `a.pure`, `collect_all("x")[0]`."""

    whole: Called
    key: str | int


@dataclass(frozen=True, eq=False)
class Spliced:
    """Stands in a list for the items of something that is no known list."""

    what: Unknown | Called | Part


@dataclass(frozen=True)
class Imported:
    """A module or a name that an import statement brought; by its dotted name."""

    name: str


class Undecidable(Exception):  # noqa: N818 - no error: a signal between the functions of the evaluator
    """An expression cannot be evaluated without running the file."""


def opaque(value: Value) -> bool:
    """Whether it is not a plain value."""
    return isinstance(value, Unknown | Called | Part | Imported | Spliced)


def plain(value: Value) -> Value:
    """The value itself.

    Raises:
        Undecidable: it, or something in it, is only known by running the file.
    """
    if opaque(value):
        raise Undecidable
    if isinstance(value, list | tuple | set):
        for item in value:
            plain(item)
    if isinstance(value, dict):
        for item in value.values():
            plain(item)
    return value


def items(value: Value) -> list[Value]:
    """A sequence as a list; what is no known sequence becomes one spliced item."""
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, set):
        return sorted(value, key=str)
    if value is None:
        return []
    if isinstance(value, Imported):
        return [Spliced(Unknown(value.name, 0))]
    if isinstance(value, Unknown | Called | Part):
        return [Spliced(value)]
    return [value]
