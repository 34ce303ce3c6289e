"""Writes settings as `[tool.tf2exe]`, with what is lost as comments."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tf2exe.import_spec.conversion import Conversion

WIDEST = 100

SAMPLES = """\
# Command lines of your program: tf2exe runs it with them to detect imports and to compare the executable with
# Python.
# samples = ["photo.jpg", "--help"]
"""


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
