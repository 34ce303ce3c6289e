"""What a `.spec` describes: the child process writes it, its parent reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Entry = tuple[str, str | None, str]
"""Destination, source and kind, as in PyInstaller's tables of contents."""


@dataclass(frozen=True)
class Note:
    """Something that has no counterpart.

    Attributes:
        line: in the spec file; 0: none.
        what: as it is written there.
        reason: why, and what to do.
        lost: whether the program may miss it.
    """

    line: int
    what: str
    reason: str
    lost: bool = True


@dataclass(frozen=True)
class Collected:
    """An entry of `datas` or `binaries`, or a `Tree`: its files, and the folder that they go to."""

    line: int
    source: str
    folder: str
    toc: list[Entry]


@dataclass(frozen=True)
class Call:
    """A call of one of PyInstaller's classes: its tables of contents and its named arguments."""

    name: str
    line: int
    toc: list[Entry]
    options: dict[str, Any]

    @property
    def is_onefile(self) -> bool:
        """Whether it makes an executable that needs no folder."""
        return self.name == "EXE" and not self.options.get("exclude_binaries")


@dataclass
class Recording:
    """What a spec file describes.

    Attributes:
        calls: what it builds, in order.
        files: what it bundles.
        notes: what has no counterpart.
        version: the texts of its version file.
        problem: the line at which it failed, and the reason.
    """

    calls: list[Call] = field(default_factory=list)
    files: list[Collected] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    version: dict[str, str] = field(default_factory=dict)
    problem: tuple[int, str] | None = None

    def of(self, name: str) -> list[Call]:
        """The calls of a class."""
        return [call for call in self.calls if call.name == name]
