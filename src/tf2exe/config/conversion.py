"""What became of an application's models before anything else: the result of the stage *convert*."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.config.application import DataFile


@dataclass(frozen=True)
class Model:
    """A model that was converted, or taken as it is.

    Attributes:
        source: the original: a file, or the folder of a SavedModel.
        file: what the executable carries.
        destination: where it will be, relative to the executable's folder.
        replaces: the destinations of the data files that it stands for; none: it was taken as it is.
        saved_model: the original as a SavedModel, for comparing; None: likewise.
        size: of ``file``, in bytes.
        sha256: of ``file``.
    """

    source: Path
    file: Path
    destination: str
    replaces: tuple[str, ...]
    saved_model: Path | None
    size: int
    sha256: str


@dataclass(frozen=True)
class Agreement:
    """How far the converted models answer like the originals, for what the samples fed them.

    Attributes:
        predictions: rows of the outputs that were compared.
        tops: how many of them have several values, such as one for each class.
        same_top: in how many of these both have the same largest value.
        largest: the largest difference, measured in the output's largest value where that is above 1.
        mean: the mean difference, likewise.
        unfed: the destinations of converted models that no sample fed, so that nothing is known of them.
    """

    predictions: int
    tops: int
    same_top: int
    largest: float
    mean: float
    unfed: tuple[str, ...] = ()

    def __str__(self) -> str:
        top = f"same top-1 class in {self.same_top} of {self.tops}, " if self.tops else ""
        return f"{top}largest difference {self.largest:.2g}, mean {self.mean:.2g}"


def converted_files(build: Path) -> Path:
    """Where the models lie that a build has converted, with the other data, as in the executable's folder."""
    return build / "converted" / "files"


def link_data_files(files: Iterable[DataFile], folder: Path) -> None:
    """Puts data files that no model replaces beside the converted ones, as in the executable's folder."""
    for file in files:
        place = folder / file.destination
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            place.symlink_to(file.source)
        except OSError:  # Windows gives links to some users only
            shutil.copy(file.source, place)


@dataclass(frozen=True)
class Conversion:
    """The models of an application as its runtime computes them.

    Attributes:
        runtime: its name.
        precision: of the models that were converted.
        models: in the order of the data files.
        folder: holds the converted models and the other data files under their destinations;
            `TF2EXE_CONVERTED` of Python's runs.
        by: the program that converted, with its version; empty: all were taken as they are.
        agreement: None: no sample has fed a converted model.
    """

    runtime: str
    precision: str
    models: tuple[Model, ...]
    folder: Path
    by: str
    agreement: Agreement | None = None
