"""What a finished layer records of itself, so that a later build need not read a gigabyte again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tf2exe.native.shared_libraries import minimum_glibc
from tf2exe.system.document import Document, DocumentError
from tf2exe.system.file_tree import FileDigest, FileSignature, hash_files, read_signatures

if TYPE_CHECKING:
    from pathlib import Path

NAME = "complete.json"


class LayerRecord(Document):
    """The record of a layer.

    Attributes:
        format: of this record.
        unmatched: bundled files that lack a text which a rule would change.
        minimum_glibc: the oldest glibc that its files run with; empty: they need none.
        files: all of them, relative to the layer.
        signatures: of each, by path.
    """

    format: Literal[2] = 2
    unmatched: tuple[str, ...]
    minimum_glibc: str
    files: tuple[FileDigest, ...]
    signatures: dict[str, FileSignature]


@dataclass(frozen=True)
class Layer:
    """The bundled files, laid out.

    Attributes:
        folder: has ``lib/...``.
        reused: whether an earlier build made it.
        unmatched: bundled files that lack a text which a rule would change.
        files: all of them, relative to ``folder``.
        minimum_glibc: the oldest glibc that they run with; empty: they need none.
    """

    folder: Path
    reused: bool
    unmatched: tuple[str, ...]
    files: tuple[FileDigest, ...]
    minimum_glibc: str


def write(folder: Path, unmatched: tuple[str, ...]) -> Layer:
    """Marks a layer as complete; one without this mark is made again."""
    files = hash_files(folder, {})
    glibc = minimum_glibc(folder / file.path for file in files)
    record = LayerRecord(
        unmatched=unmatched, minimum_glibc=glibc, files=files, signatures=read_signatures(folder)
    )
    record.write(folder / NAME)
    return _layer(folder, record, reused=False)


def used(folder: Path) -> float:
    """When a layer was last used, in seconds since the epoch."""
    mark = folder / NAME
    return (mark if mark.is_file() else folder).stat().st_mtime


def read(folder: Path) -> Layer | None:
    """A layer that is complete and unchanged; None: it is not. Executables are linked to its files."""
    mark = folder / NAME
    try:
        record = LayerRecord.read(mark)
        found = read_signatures(folder)
        found.pop(NAME)
        if found != record.signatures:
            return None
        mark.touch()
    except (OSError, DocumentError):
        return None
    return _layer(folder, record, reused=True)


def _layer(folder: Path, record: LayerRecord, *, reused: bool) -> Layer:
    return Layer(folder, reused, record.unmatched, record.files, record.minimum_glibc)
