"""LiteRT, formerly TensorFlow Lite: converts Keras models and SavedModels to `.tflite` files."""

from __future__ import annotations

import json
import shutil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from tf2exe.convert.converted_models import Agreement, Model, converted_folder, link_data_files
from tf2exe.convert.runtimes import calibration, litert_process, model_calls
from tf2exe.convert.runtimes.litert_conversions import SAVED_MODEL, SUFFIX, Conversions
from tf2exe.convert.runtimes.refusal import raise_if_refused
from tf2exe.errors import ConversionError
from tf2exe.system.file_tree import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tf2exe.config.application import Application, DataFile
    from tf2exe.convert.runtimes.litert_conversions import CalibrationCall, ModelFiles
    from tf2exe.convert.runtimes.model_calls import Array, Call
    from tf2exe.system.progress import Step

KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")


def find_models(data: Sequence[DataFile]) -> tuple[ModelFiles, ...]:
    """Finds the models among the data files; see `Converter.find_models`."""
    found: list[ModelFiles] = []
    for file in data:
        path = PurePosixPath(file.destination)
        if path.suffix in (SUFFIX, *KERAS_SUFFIXES):
            found.append((file,))
        elif path.name == SAVED_MODEL and path.parent.name:
            found.append(tuple(f for f in data if path.parent in PurePosixPath(f.destination).parents))
    return tuple(found)


def convert(
    application: Application, *, log: Path, on_step: Callable[[Step], None]
) -> tuple[tuple[Model, ...], str]:
    """Converts the models among the data files; see `Converter.convert`."""
    litert_process.installed_version("ai-edge-litert")
    folder, files = application.build / "converted", converted_folder(application.build)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    groups = find_models(application.data)
    originals = [group for group in groups if not _is_tflite(group)]
    original_files = {file for group in originals for file in group}
    link_data_files((file for file in application.data if file not in original_files), files)
    unchanged = [_check_tflite(group[0], log) for group in groups if _is_tflite(group)]
    if not originals:
        return tuple(unchanged), ""
    precision = application.settings.precision
    samples = calibration.read_samples(application) if precision == "int8" else []
    conversions = Conversions(application, litert_process.converter_version(folder, log), log, on_step)
    # Calibration runs the program with the float32 models.
    first = "float32" if precision == "int8" else precision
    models = [conversions.convert(group, first) for group in originals]
    without_model = [group for group, model in zip(originals, models, strict=True) if not model]
    link_data_files((file for group in without_model for file in group), files)
    if precision == "int8":
        calls = calibration.record_calls(application, samples, folder, log=log, on_step=on_step)
        models = [
            model and conversions.convert(group, precision, _select_calls(calls, model, log))
            for group, model in zip(originals, models, strict=True)
        ]
    return (*unchanged, *(model for model in models if model)), conversions.converter


def _is_tflite(files: ModelFiles) -> bool:
    return files[0].source.suffix == SUFFIX


def _check_tflite(file: DataFile, log: Path) -> Model:
    """A `.tflite` file of the user, which is bundled unchanged.

    Raises:
        ConversionError: LiteRT cannot run it.
    """
    answer = litert_process.run_child("check", {"target": str(file.source)}, log.parent / "converted", log)
    raise_if_refused(answer, file.source, log)
    return Model(
        file.source, file.source, file.destination, (), None, file.source.stat().st_size, sha256(file.source)
    )


def _select_calls(calls: tuple[Call, ...], model: Model, log: Path) -> list[CalibrationCall]:
    """The calls of one model, to calibrate it.

    Raises:
        ConversionError: there are none.
    """
    selected = [(call.signature, _as_json(call.inputs)) for call in calls if _is_call_of(call, model)]
    if not selected:
        raise ConversionError(
            f"nothing to calibrate {model.source.name} with",
            "the command lines of `calibration` did not run it",
            "give inputs that it is run with, or leave it out of the data files",
            log,
        )
    return selected


def _is_call_of(call: Call, model: Model) -> bool:
    """Whether the model was called by the name of its file, of a temporary copy, or with its content."""
    return call.model == model.file or (call.model.is_file() and sha256(call.model) == model.sha256)


def _as_json(arrays: Iterable[Array]) -> list[dict[str, Any]]:
    return [vars(array) for array in arrays]


def measure_agreement(models: Sequence[Model], calls: Path, *, folder: Path, log: Path) -> Agreement | None:
    """Measures how far the models agree with the originals; see `Converter.measure_agreement`."""
    recorded = model_calls.read_calls(calls)
    calls_of = {
        model: tuple(call for call in recorded if _is_call_of(call, model))
        for model in models
        if model.saved_model
    }
    parts = [_compare(model, group, folder, log) for model, group in calls_of.items() if group]
    unfed = tuple(model.destination for model, group in calls_of.items() if not group)
    if not parts:
        return None
    total = {
        key: sum(part[key] for part in parts) for key in ("predictions", "tops", "same", "sum", "values")
    }
    return Agreement(
        predictions=total["predictions"],
        tops=total["tops"],
        same_top=total["same"],
        largest=max(part["largest"] for part in parts),
        mean=total["sum"] / max(total["values"], 1),
        unfed=unfed,
    )


def _compare(model: Model, calls: tuple[Call, ...], folder: Path, log: Path) -> dict[str, Any]:
    """The result of `litert_agreement.compare_outputs`, kept in a file under a hash of the calls."""
    kept = folder / f"compared-{model.sha256[:16]}-{model_calls.hash_calls(calls)}.json"
    if not kept.is_file():
        request = {
            "saved_model": str(model.saved_model),
            "calls": [[call.signature, _as_json(call.inputs), _as_json(call.outputs)] for call in calls],
        }
        kept.write_text(
            json.dumps(litert_process.run_child("compare", request, folder, log)), encoding="utf-8"
        )
    result: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return result
