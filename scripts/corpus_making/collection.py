"""Collects cases and their files, and writes them as a corpus that `tf2exe verify` reads."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ONE_LINE_EACH = ("--format", "jsonl")
HEAD = """\
# Made by scripts/make_corpus.py; docs/how-to/verify-an-executable.md says what the keys mean.
format = 1

[join.images]
arguments = {arguments}
"""


@dataclass(frozen=True)
class Case:
    """A command line: its name begins with the group, and `more` are further keys of the corpus file."""

    name: str
    arguments: tuple[str, ...]
    more: dict[str, object]


@dataclass
class Collection:
    """A corpus in the making.

    Attributes:
        folder: where files are written.
        cases: in the order in which they were added.
        left_out: what this machine's libraries cannot make, with the reason.
    """

    folder: Path
    cases: list[Case] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def image(self, path: str, content: bytes, *, name: str = "") -> None:
        """Adds a file, and the case that it is classified; many such share a process."""
        self.file(path, content)
        shown = name or path
        argument = f"./{path}" if path.startswith("-") else path
        self.cases.append(Case(shown, (*ONE_LINE_EACH, argument), {"join": "images"}))

    def file(self, path: str, content: bytes) -> None:
        """Adds a file that other cases name."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def line(self, name: str, *arguments: str, **more: object) -> None:
        """Adds a command line that has a process to itself."""
        self.cases.append(Case(name, arguments, more))

    def write(self) -> None:
        """Writes `cases.toml`.

        Raises:
            ValueError: two cases have the same name.
        """
        names = [case.name for case in self.cases]
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ValueError(f"more than one case is called {twice}")
        texts = [HEAD.format(arguments=_toml(list(ONE_LINE_EACH)))]
        for case in self.cases:
            keys = {"name": case.name, "arguments": list(case.arguments), **case.more}
            lines = [f"{key} = {_toml(value)}" for key, value in keys.items()]
            texts.append("\n".join(["[[case]]", *lines, ""]))
        (self.folder / "cases.toml").write_text("\n".join(texts), encoding="utf-8", newline="\n")


def _toml(value: object) -> str:
    """Texts, lists and tables of texts: as JSON writes them, but for the sign of equality and DEL."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
