"""What a finished layer remembers of itself, so that a later build need not read a gigabyte again."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from tf2exe.native.shared_libraries import minimum_glibc
from tf2exe.system.file_tree import File, Stamp, digests, stamps

if TYPE_CHECKING:
    from pathlib import Path

NAME = "complete.json"


@dataclass(frozen=True)
class Layer:
    """The carried files, laid out.

    Attributes:
        folder: holds ``lib/...``.
        reused: whether it was there already from an earlier build.
        unmatched: files with a replacement whose text the installed version does not have.
        files: all of them, relative to ``folder``.
        needs_glibc: the newest glibc version that any of them asks for; empty: none does.
    """

    folder: Path
    reused: bool
    unmatched: tuple[str, ...]
    files: tuple[File, ...]
    needs_glibc: str


def write(folder: Path, unmatched: tuple[str, ...]) -> Layer:
    """Marks a layer as complete; without this mark it is made anew."""
    files = digests(folder, {})
    floor = minimum_glibc(folder / file.path for file in files)
    layer = Layer(folder, reused=False, unmatched=unmatched, files=files, needs_glibc=floor)
    document = {
        "unmatched": unmatched,
        "needs_glibc": layer.needs_glibc,
        "files": [astuple(file) for file in files],
        "stamps": {path: astuple(stamp) for path, stamp in stamps(folder).items()},
    }
    (folder / NAME).write_text(json.dumps(document), encoding="utf-8")
    return layer


def used(folder: Path) -> float:
    """When a layer was last used, in seconds since the epoch."""
    mark = folder / NAME
    return (mark if mark.is_file() else folder).stat().st_mtime


def read(folder: Path) -> Layer | None:
    """A layer that is complete and unchanged; None: it is not. Executables are linked to its files."""
    mark = folder / NAME
    try:
        document = json.loads(mark.read_text(encoding="utf-8"))
        found = stamps(folder)
        found.pop(NAME)
        if found != {path: Stamp(*stamp) for path, stamp in document["stamps"].items()}:
            return None
        mark.touch()
    except (OSError, ValueError, KeyError):
        return None
    return Layer(
        folder,
        reused=True,
        unmatched=tuple(document["unmatched"]),
        files=tuple(File(*file) for file in document["files"]),
        needs_glibc=document["needs_glibc"],
    )
