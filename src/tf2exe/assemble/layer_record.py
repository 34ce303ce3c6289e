"""The record of a complete layer, so that a later build need not hash a gigabyte again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tf2exe.native.shared_libraries import minimum_glibc
from tf2exe.system.document import Document, DocumentError
from tf2exe.system.file_tree import FileDigest, FileSignature, hash_files, read_signatures

if TYPE_CHECKING:
    from pathlib import Path

RECORD_NAME = "complete.json"


class LayerRecord(Document):
    """The record of a layer.

    Attributes:
        format: the format of this record.
        unmatched: bundled files in which a patch found no match.
        minimum_glibc: the oldest glibc with which the files run; empty if they need none.
        files: all files, relative to the layer.
        signatures: the signature of each file, by path.
    """

    format: Literal[2] = 2
    unmatched: tuple[str, ...]
    minimum_glibc: str
    files: tuple[FileDigest, ...]
    signatures: dict[str, FileSignature]


@dataclass(frozen=True)
class Layer:
    """The bundled files as an executable contains them.

    Attributes:
        folder: the folder with ``lib/``.
        reused: the layer is from an earlier build.
        unmatched: bundled files in which a patch found no match.
        files: all files, relative to ``folder``.
        minimum_glibc: the oldest glibc with which the files run; empty if they need none.
    """

    folder: Path
    reused: bool
    unmatched: tuple[str, ...]
    files: tuple[FileDigest, ...]
    minimum_glibc: str


def write_record(folder: Path, unmatched: tuple[str, ...]) -> Layer:
    """Writes the record, which marks the layer as complete."""
    files = hash_files(folder, {})
    glibc = minimum_glibc(folder / file.path for file in files)
    record = LayerRecord(
        unmatched=unmatched, minimum_glibc=glibc, files=files, signatures=read_signatures(folder)
    )
    record.write(folder / RECORD_NAME)
    return _layer(folder, record, reused=False)


def last_used(folder: Path) -> float:
    """The time of a layer's last use, in seconds since the epoch."""
    mark = folder / RECORD_NAME
    return (mark if mark.is_file() else folder).stat().st_mtime


def read_layer(folder: Path) -> Layer | None:
    """Reads a complete layer; None if a file has changed, as a program can through hard links."""
    mark = folder / RECORD_NAME
    try:
        record = LayerRecord.read(mark)
        found = read_signatures(folder)
        found.pop(RECORD_NAME)
        if found != record.signatures:
            return None
        mark.touch()
    except (OSError, DocumentError):
        return None
    return _layer(folder, record, reused=True)


def _layer(folder: Path, record: LayerRecord, *, reused: bool) -> Layer:
    return Layer(folder, reused, record.unmatched, record.files, record.minimum_glibc)
