"""The settings that come out of a spec file, and notes on what they leave open."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tf2exe.import_spec.values import Called, Imported, Part, Spliced, Unknown, Value

UNKNOWN = "only running the spec file would tell what it is; add it by hand"
WILDCARDS = "*?["


@dataclass(frozen=True)
class Note:
    """Something that is not carried over as it stands.

    Attributes:
        line: in the spec file; 0: it is about the whole.
        what: as it is written there.
        reason: why, and what to do.
        lost: whether the program may miss it; else it is not needed, or is done in another way.
    """

    line: int
    what: str
    reason: str
    lost: bool = True


@dataclass
class Conversion:
    """The settings, and what they leave open.

    Attributes:
        folder: that paths of the settings start from: the spec's.
        settings: `[tool.tf2exe]`, by key.
        notes: what is not carried over.
    """

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def add(self, key: str, value: str) -> None:
        """Adds to a list of the settings what it does not have yet."""
        values = self.settings.setdefault(key, [])
        if value not in values:
            values.append(value)

    def note(self, line: int, what: str, reason: str, *, lost: bool = True) -> None:
        """Says that something is not carried over."""
        self.notes.append(Note(line, what, reason, lost))


def add_file(source: str, place: str, line: int, result: Conversion, *, renamed: bool = False) -> None:
    """Adds to `data` what PyInstaller would lay to ``place``: its folder, or (``renamed``) its own name."""
    text = relative(source, result.folder)
    base = result.folder
    wild = any(mark in text for mark in WILDCARDS)
    if not (list(base.glob(text)) if wild and not Path(text).is_absolute() else (base / text).exists()):
        result.note(line, source, "nothing is there")
        return
    folder = place.replace("\\", "/").strip("/")
    folder = "" if folder in (".", "") else folder.removeprefix("./")
    if renamed:
        result.add("data", f"{text}={folder}")
    elif wild:
        # PyInstaller lays the contents of a matching folder into the place, not the folder itself.
        for match in sorted(base.glob(text)) if not Path(text).is_absolute() else ():
            if match.is_dir():
                result.add("data", f"{relative(str(match), base)}={folder or '.'}")
        if any(not match.is_dir() for match in base.glob(text)):
            result.add("data", f"{text}={folder}/" if folder else f"{text}=./")
    elif (base / text).is_dir():
        result.add("data", f"{text}={folder or '.'}")
    else:
        result.add("data", f"{text}={folder}/" if folder else f"{text}=.")


def relative(path: str, folder: Path) -> str:
    """A path as the settings write it: from the spec's folder if it is inside, with forward slashes.

    A spec often names files by their absolute path on the machine where it was made; if nothing is there, the
    end of that path is looked for beside the spec.
    """
    text = path.replace("\\", "/")
    if Path(text).is_absolute() or text[1:3] == ":/":
        parts = text.split("/")
        ends = ["/".join(parts[start:]) for start in range(1, len(parts))] if not Path(text).exists() else []
        text = next((end for end in ends if end and (folder / end).exists()), text)
    if Path(text).is_absolute():
        absolute = Path(os.path.normpath(text))
        return (
            absolute.relative_to(folder).as_posix()
            if absolute.is_relative_to(folder)
            else absolute.as_posix()
        )
    return os.path.normpath(text).replace("\\", "/")


def shown(value: Value) -> str:
    """A value as the spec file writes it."""
    if isinstance(value, Unknown | Called):
        return value.text
    if isinstance(value, Imported):
        return value.name
    if isinstance(value, Spliced):
        return shown(value.what)
    if isinstance(value, Part):
        key = f".{value.key}" if isinstance(value.key, str) else f"[{value.key}]"
        return f"{value.whole.text}{key}"
    if isinstance(value, tuple | list):
        return f"({', '.join(shown(item) for item in value)})"
    return repr(value)


def text_of(value: Value) -> str | None:
    """A text or a path as text; None: it is neither."""
    return os.fspath(value) if isinstance(value, str | Path) else None
