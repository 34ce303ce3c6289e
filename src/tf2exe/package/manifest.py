"""The manifest of a build (`manifest.json`): lists every file of the executable, and its converted models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tf2exe.system.document import Document, DocumentPart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.convert.converted_models import Agreement, ConvertedModels
    from tf2exe.system import file_tree

FILE = "manifest.json"


class ListedFile(DocumentPart):
    """A file; path relative to the executable's folder, size in bytes, SHA-256 in hex."""

    path: str
    size: int
    sha256: str


class ListedModel(DocumentPart):
    """A model of the application; `source` is the name of the original, `converted` whether it differs."""

    path: str
    source: str
    converted: bool
    size: int
    sha256: str


class RecordedAgreement(DocumentPart):
    """How far the converted models agree with the originals (see `Agreement` in `convert`)."""

    predictions: int
    tops: int
    same_top: int
    largest: float
    mean: float
    unfed: tuple[str, ...]


class Models(DocumentPart):
    """The models that the runtime uses; `converted_by` is None if none was converted."""

    runtime: str
    precision: str
    converted_by: str | None
    models: tuple[ListedModel, ...]
    agreement: RecordedAgreement | None


class Manifest(Document):
    """Every file of the executable, and its converted models.

    Attributes:
        format: the number of this format.
        models: the converted models; null: the runtime uses the application's own.
        files: relative to the executable's folder, with size in bytes and SHA-256 in hex.
    """

    format: Literal[1] = 1
    models: Models | None
    files: tuple[ListedFile, ...]


def make_manifest(files: Iterable[file_tree.FileDigest], models: Models | None) -> Manifest:
    """The manifest of a folder with these files."""
    listed = tuple(ListedFile(path=file.path, size=file.size, sha256=file.sha256) for file in files)
    return Manifest(models=models, files=listed)


def describe_models(converted: ConvertedModels | None, agreement: Agreement | None) -> Models | None:
    """The entry for the converted models; None: the runtime uses the application's own."""
    if converted is None:
        return None
    return Models(
        runtime=converted.runtime,
        precision=converted.precision,
        converted_by=converted.by or None,
        models=tuple(
            ListedModel(
                path=model.destination,
                source=model.source.name,
                converted=model.saved_model is not None,
                size=model.size,
                sha256=model.sha256,
            )
            for model in converted.models
        ),
        agreement=RecordedAgreement(**vars(agreement)) if agreement else None,
    )
