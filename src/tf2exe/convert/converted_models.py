"""The result of the stage *convert*, and how far converted models agree with the originals."""

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
    """A model that was converted, or that is bundled unchanged.

    Attributes:
        source: the original: a file, or the folder of a SavedModel.
        file: the bundled file.
        destination: its path in the executable's folder.
        replaces: the destinations of the data files that it replaces; none: it was not converted.
        saved_model: the original as a SavedModel, for the comparison; None: it was not converted.
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
    """How far the output of converted models agrees with the originals, for the inputs of the samples.

    Attributes:
        predictions: the number of rows of outputs that were compared.
        tops: the number of rows with several values, such as one for each class.
        same_top: the number of these whose largest value is at the same index in both outputs.
        largest: the largest difference, relative to the output's largest value if that is above 1.
        mean: the mean difference, relative to the same.
        unfed: the destinations of converted models that no sample ran.
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


def converted_folder(build: Path) -> Path:
    """The folder of the converted models and the other data files, laid out as in the executable."""
    return build / "converted" / "files"


def link_data_files(files: Iterable[DataFile], folder: Path) -> None:
    """Links data files into the folder of the converted models; copies them where links are not allowed."""
    for file in files:
        target = folder / file.destination
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.symlink_to(file.source)
        except OSError:  # on Windows only some users may create links
            shutil.copy(file.source, target)


@dataclass(frozen=True)
class ConvertedModels:
    """The result of the stage *convert*: the models as the runtime uses them.

    Attributes:
        runtime: the name of the runtime.
        precision: of the models that were converted.
        models: in the order of the data files.
        data: the data files of the executable, with converted models in place of the originals.
        folder: the folder with the converted models and the other data files, laid out as in the executable;
            runs in Python find it in `TF2EXE_CONVERTED`.
        by: the distribution that converted, with its version; empty: no model was converted.
    """

    runtime: str
    precision: str
    models: tuple[Model, ...]
    data: tuple[DataFile, ...]
    folder: Path
    by: str
