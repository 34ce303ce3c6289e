"""Converts models to `.tflite` files, or reuses the conversions of earlier builds.

Conversions are kept in `build/.converted/`, under a hash of the original and of the versions.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from tf2exe.convert.converted_models import Model, converted_folder
from tf2exe.convert.runtimes import litert_process
from tf2exe.convert.runtimes.refusal import raise_if_refused
from tf2exe.system.file_tree import sha256
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tf2exe.config.application import Application, DataFile

    ModelFiles = tuple[DataFile, ...]
    """The data files of one model: a file, or all files of a SavedModel."""

    CalibrationCall = tuple[str, list[dict[str, Any]]]
    """A signature, and the inputs that the program passed to it, as dicts of `model_calls.Array`."""

SUFFIX = ".tflite"
SAVED_MODEL = "saved_model.pb"
CACHE_FORMAT = "1"
"""A new value makes the conversions of earlier builds invalid."""


class Conversions:
    """Converts the models of an application.

    Attributes:
        converter: the distribution that converts, with its version.
    """

    def __init__(
        self, application: Application, converter: str, log: Path, on_step: Callable[[Step], None]
    ) -> None:
        self.converter = converter
        self._log, self._on_step = log, on_step
        self._cache, self._folder = application.build.parent / ".converted", application.build / "converted"
        self._files = converted_folder(application.build)

    def convert(
        self, files: ModelFiles, precision: str, calibration: Sequence[CalibrationCall] = ()
    ) -> Model | None:
        """Converts a model and copies it to its destination; None: the file does not contain a model.

        Args:
            files: the original.
            precision: as in the settings.
            calibration: the calls that calibrate `int8`.

        Raises:
            ConversionError: the model could not be converted.
        """
        source = files[0].source if len(files) == 1 else _saved_model_folder(files)
        cached = self._cache / _cache_key(files, self.converter)
        saved_model = cached / "saved_model" if len(files) == 1 else source
        target = cached / f"{precision}{_hash_calibration(calibration) if calibration else ''}{SUFFIX}"
        self._on_step(Step("convert", f"{source.name}, {precision}"))
        if not target.is_file():
            cached.mkdir(parents=True, exist_ok=True)
            paths = {"source": str(source), "saved_model": str(saved_model), "target": str(target)}
            request = {**paths, "precision": precision, "calibration": list(calibration)}
            answer = litert_process.run_child("convert", request, self._folder, self._log)
            if "no_model" in answer:
                return None
            if answer:
                target.unlink(missing_ok=True)
            raise_if_refused(answer, source, self._log)
        return self._copy(files, source, saved_model, target)

    def _copy(self, files: ModelFiles, source: Path, saved_model: Path, target: Path) -> Model:
        destination = _destination(files)
        file = self._files / destination
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)  # it may be a link to a model of the user, which must not change
        shutil.copyfile(target, file)
        replaces = tuple(original.destination for original in files)
        return Model(source, file, destination, replaces, saved_model, file.stat().st_size, sha256(file))


def _destination(files: ModelFiles) -> str:
    """The destination of the original, with the suffix of a converted model."""
    if len(files) == 1:
        return str(PurePosixPath(files[0].destination).with_suffix(SUFFIX))
    folder = next(PurePosixPath(f.destination).parent for f in files if f.source.name == SAVED_MODEL)
    return f"{folder}{SUFFIX}"


def _saved_model_folder(files: ModelFiles) -> Path:
    return next(file.source.parent for file in files if file.source.name == SAVED_MODEL)


def _cache_key(files: ModelFiles, converter: str) -> str:
    versions = f"{CACHE_FORMAT} {converter} {litert_process.installed_version('ai-edge-litert')}"
    digest = hashlib.blake2b(versions.encode(), digest_size=16)
    for file in files:
        digest.update(sha256(file.source).encode())
    return digest.hexdigest()


def _hash_calibration(calls: Sequence[CalibrationCall]) -> str:
    """A hash of the numbers that calibrate, not of the names of their files."""
    digest = hashlib.blake2b(digest_size=8)
    for signature, array in ((signature, array) for signature, inputs in calls for array in inputs):
        digest.update(f"{signature} {array['name']} {array['dtype']} {array['shape']}".encode())
        digest.update(Path(array["file"]).read_bytes())
    return f"-{digest.hexdigest()}"
