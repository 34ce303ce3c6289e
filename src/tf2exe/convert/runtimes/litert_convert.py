"""Converts a Keras model or a SavedModel to a `.tflite` file. Runs in the child process."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf2exe.convert.runtimes.litert_agreement import read_array
from tf2exe.convert.runtimes.litert_check import check_model, describe_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SIGNATURE = "serving_default"


def convert_model(model: dict[str, Any]) -> dict[str, Any]:
    """Exports the original as a SavedModel, unless there is one, and converts that.

    Args:
        model: ``source``, ``saved_model`` and ``target`` are paths, ``precision`` is as in the settings,
            ``calibration`` has (signature, inputs) of each call.

    Returns:
        ``no_model`` if the file does not contain a model; else the result of `check_model`.
    """
    import tensorflow as tf  # noqa: PLC0415 - takes seconds; `check_model` does not need it

    source, saved, target = Path(model["source"]), Path(model["saved_model"]), Path(model["target"])
    try:
        if not saved.is_dir() and not _export(source, saved):
            return {"no_model": True}
        keys = _signatures(saved)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(saved), signature_keys=keys)
        _set_precision(tf, converter, model)
        content = converter.convert()
    except Exception as error:  # noqa: BLE001 - converters raise errors of any type; the builder reports them
        is_readable = not isinstance(error, OSError | zipfile.BadZipFile | zlib.error)
        return describe_failure(str(error) or type(error).__name__, loaded=is_readable)
    target.write_bytes(content)
    return check_model({"target": model["target"]})


def _export(source: Path, saved: Path) -> bool:
    """Exports a Keras model as a SavedModel; False: the file does not contain a model."""
    import h5py  # noqa: PLC0415 - as above
    import keras  # noqa: PLC0415 - as above

    if source.suffix != ".keras" and h5py.is_hdf5(source):
        with h5py.File(source) as file:
            if "model_config" not in file.attrs:
                return False
    elif source.suffix == ".keras" and not zipfile.is_zipfile(source):
        raise zipfile.BadZipFile("a .keras file is a zip archive, and this file is not")
    elif not zipfile.is_zipfile(source):
        return False
    model = keras.saving.load_model(source, compile=False)
    partial = saved.with_name(f"{saved.name}.partial")
    model.export(partial, verbose=False)
    partial.replace(saved)
    return True


def _signatures(saved: Path) -> list[str]:
    """The signature that a model is served with; all signatures if there is none."""
    from tensorflow.core.protobuf import saved_model_pb2  # noqa: PLC0415 - as above

    content = saved_model_pb2.SavedModel.FromString((saved / "saved_model.pb").read_bytes())
    keys = {key for graph in content.meta_graphs for key in graph.signature_def if not key.startswith("__")}
    return [SIGNATURE] if SIGNATURE in keys or not keys else sorted(keys)


def _set_precision(tf: Any, converter: Any, model: dict[str, Any]) -> None:  # noqa: ANN401 - without types
    if model["precision"] == "float32":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if model["precision"] == "float16":
        converter.target_spec.supported_types = [tf.float16]
    elif model["precision"] == "int8":
        converter.representative_dataset = lambda: _calibration_inputs(model["calibration"])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def _calibration_inputs(
    calls: list[tuple[str, list[dict[str, Any]]]],
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    for signature, inputs in calls:
        yield signature, {array["name"]: read_array(array) for array in inputs}
