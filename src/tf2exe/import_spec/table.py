"""The settings that a `.spec` is converted to, and their text, with what is lost as comments."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf2exe.import_spec.recording import Note

if TYPE_CHECKING:
    from tf2exe.import_spec.running import Ran

WIDEST = 100

SAMPLES = """\
# Command lines of your program: tf2exe runs it with them to detect imports and to compare the executable with
# Python.
# samples = ["photo.jpg", "--help"]
"""


@dataclass
class Conversion:
    """Settings, and what they leave open.

    Attributes:
        ran: the spec file.
        settings: `[tool.tf2exe]`, by key; relative paths start from the spec file's folder.
        notes: what has no counterpart.
    """

    ran: Ran
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The spec file's."""
        return self.ran.spec.parent

    def add(self, key: str, value: str) -> None:
        """Adds to a list, once."""
        values = self.settings.setdefault(key, [])
        if value not in values:
            values.append(value)

    def note(self, line: int, what: str, reason: str, *, lost: bool = True) -> None:
        """Adds a note, once."""
        note = Note(line, what, reason, lost)
        if note not in self.notes:
            self.notes.append(note)

    def path(self, path: str) -> str:
        """A path as the settings write it: relative inside the project, with forward slashes."""
        is_own = Path(path).is_absolute() and Path(path).is_relative_to(self.ran.project)
        return Path(os.path.relpath(path, self.folder) if is_own else path).as_posix()


def table(conversion: Conversion, name: str) -> str:
    """The table as text for a `pyproject.toml`.

    Args:
        conversion: what to write.
        name: of the spec file.
    """
    lines = [f"# From {name}, by `tf2exe import-spec`.", "[tool.tf2exe]"]
    tables = {key: value for key, value in conversion.settings.items() if isinstance(value, dict)}
    lines += [f"{key} = {_value(value)}" for key, value in conversion.settings.items() if key not in tables]
    lines.append(SAMPLES.rstrip("\n"))
    for note in sorted((note for note in conversion.notes if note.lost), key=lambda note: note.line):
        what = " ".join(note.what.split())
        lines.append(f"# Not converted (line {note.line}): {what}: {note.reason}.")
    for key, values in tables.items():
        lines += [
            "",
            f"[tool.tf2exe.{key}]",
            *(f"{name} = {_value(value)}" for name, value in values.items()),
        ]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:  # noqa: ANN401 - what settings hold
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        texts = [_value(item) for item in value]
        line = f"[{', '.join(texts)}]"
        return line if len(line) < WIDEST else "[\n" + "".join(f"    {text},\n" for text in texts) + "]"
    # A JSON string is a TOML string, but for this one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
