"""What needs TensorFlow or LiteRT itself: runs in a process of its own, so that neither enters the builder.

`python -m tf2exe.runtimes.litert_child REQUEST ANSWER`: both are JSON files, written and read by `litert.py`.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
import zlib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

SIGNATURE = "serving_default"
OPERATIONS = re.compile(r"^(?:TF Select|Custom) ops: (.+)$", re.MULTILINE)
UNRESOLVED = re.compile(r"unresolved custom op: (\S+?)\.")
IN_THE_WAY = re.compile(r"'tf\.(\w+)' op ")
TOO_NEW = re.compile(r"builtin opcode '(\w+)' version '(\d+)'")
UNKNOWN = re.compile(r"(?:Could not locate|Unknown) (class|function|layer|object):? '([^']+)'")
CAUSE = "Exception encountered: "


def main(request: Path, answer: Path) -> int:
    """Does what a request asks for."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    does: dict[str, Callable[[Any], Any]] = {
        "convert": convert,
        "check": check,
        "compare": compare,
        "version": version,
    }
    do = does[asked["do"]]
    answer.write_text(json.dumps(do(asked["model"])), encoding="utf-8")
    return 0


def version(asked: dict[str, Any]) -> dict[str, str]:
    """The first of some distributions that is installed, with its version."""
    for name in asked["names"]:
        try:
            return {"version": f"{name} {metadata.version(name)}"}
        except metadata.PackageNotFoundError:
            continue
    raise SystemExit(f"none of {', '.join(asked['names'])} is installed in the Python that converts models")


def convert(model: dict[str, Any]) -> dict[str, Any]:
    """Makes a SavedModel of the original where there is none yet, and a `.tflite` file of that."""
    import tensorflow as tf  # noqa: PLC0415 - takes seconds, and is not needed by the others

    source, saved, target = Path(model["source"]), Path(model["saved_model"]), Path(model["target"])
    try:
        if not saved.is_dir() and not _export(source, saved):
            return {"no_model": True}
        converter = tf.lite.TFLiteConverter.from_saved_model(str(saved), signature_keys=[SIGNATURE])
        _set_precision(tf, converter, model)
        content = converter.convert()
    except Exception as error:  # noqa: BLE001 - converters raise errors of any type; the builder says why
        is_whole = not isinstance(error, OSError | zipfile.BadZipFile | zlib.error)
        return failed(str(error) or type(error).__name__, loaded=is_whole)
    target.write_bytes(content)
    return check({"target": model["target"]})


def _export(source: Path, saved: Path) -> bool:
    """Writes a Keras model as a SavedModel; False: the file holds none."""
    import h5py  # noqa: PLC0415 - as above
    import keras  # noqa: PLC0415 - as above

    if source.suffix != ".keras" and h5py.is_hdf5(source):
        with h5py.File(source) as file:
            if "model_config" not in file.attrs:
                return False
    elif source.suffix == ".keras" and not zipfile.is_zipfile(source):
        raise zipfile.BadZipFile("a .keras file is a zip archive, and this is none")
    elif not zipfile.is_zipfile(source):
        return False
    model = keras.saving.load_model(source, compile=False)
    partial = saved.with_name(f"{saved.name}.partial")
    model.export(partial, verbose=False)
    partial.replace(saved)
    return True


def _set_precision(tf: Any, converter: Any, model: dict[str, Any]) -> None:  # noqa: ANN401 - without types
    if model["precision"] == "float32":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if model["precision"] == "float16":
        converter.target_spec.supported_types = [tf.float16]
    elif model["precision"] == "int8":
        converter.representative_dataset = lambda: _fed(model["calibration"])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]


def _fed(calls: list[list[dict[str, Any]]]) -> Iterator[dict[str, NDArray[Any]]]:
    for inputs in calls:
        yield {array["name"]: _read(array) for array in inputs}


def _read(array: dict[str, Any]) -> NDArray[Any]:
    shape = tuple(array["shape"])
    dtype: np.dtype[Any] = np.dtype(array["dtype"])
    count = int(np.prod(shape, dtype=np.int64))
    return np.fromfile(array["file"], dtype, count, offset=array["offset"]).reshape(shape)


def check(model: dict[str, Any]) -> dict[str, Any]:
    """Whether LiteRT can compute a file."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - not needed by the others

    try:
        Interpreter(model["target"]).allocate_tensors()
    except (RuntimeError, ValueError) as error:
        named = _custom_operations(Path(model["target"]))
        return failed(str(error), *named, loaded=False)
    return {}


def _custom_operations(file: Path) -> list[str]:
    """Names of the operations that a file has beside those of LiteRT."""
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415 - likewise

    try:
        model = schema.ModelT.InitFromPackedBuf(file.read_bytes())
        return sorted(code.customCode.decode() for code in model.operatorCodes if code.customCode)
    except Exception:  # noqa: BLE001 - what is no model can make the reader fail in any way
        return []


def failed(why: str, *operations: str, loaded: bool = True) -> dict[str, Any]:
    """What hinders.

    Args:
        why: what was said.
        operations: that are known to be in the way.
        loaded: whether the model could be read at all.
    """
    named = [name.strip() for found in OPERATIONS.findall(why) for name in found.split(",")]
    named += UNRESOLVED.findall(why) + IN_THE_WAY.findall(why)
    lines = [line.strip() for line in why.rpartition(CAUSE)[2].splitlines() if line.strip()]
    named += [f"{name} version {version}" for name, version in TOO_NEW.findall(why)]
    unknown = sorted({f"{kind} {name}" for kind, name in UNKNOWN.findall(why)})
    return {
        "error": lines[0] if lines else why,
        "operations": sorted({*named, *operations}),
        "unknown": unknown,
        "loaded": loaded,
    }


def compare(model: dict[str, Any]) -> dict[str, Any]:
    """Computes what the converted model was fed with the original one."""
    import tensorflow as tf  # noqa: PLC0415 - as above

    loaded = tf.saved_model.load(model["saved_model"])
    original = loaded.signatures[SIGNATURE]
    rows = tops = values = 0
    same, largest, total = 0, 0.0, 0.0
    for inputs, outputs in model["calls"]:
        answer = original(**{array["name"]: tf.constant(_read(array)) for array in inputs})
        for array in outputs:
            ours, theirs = _read(array), np.asarray(answer[array["name"]])
            off = _difference(ours, theirs)
            largest, total, values = (
                max(largest, float(off.max(initial=0))),
                total + float(off.sum()),
                values + off.size,
            )
            rows += max(1, ours.size // ours.shape[-1]) if ours.ndim else 1
            if ours.ndim > 1 and ours.shape[-1] > 1:
                top = ours.reshape(-1, ours.shape[-1]).argmax(1) == theirs.reshape(-1, ours.shape[-1]).argmax(
                    1
                )
                same, tops = same + int(top.sum()), tops + top.size
    return {
        "predictions": rows,
        "tops": tops,
        "same": same,
        "largest": largest,
        "sum": total,
        "values": values,
    }


def _difference(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.float64]:
    """Measured in the original's largest value where that is above 1; what is no number in one is far."""
    kind = np.complex128 if ours.dtype.kind == "c" else np.float64
    a, b = ours.astype(kind), theirs.astype(kind)
    off: NDArray[np.float64] = np.abs(a - b) / max(1.0, float(np.nanmax(np.abs(b), initial=0)))
    return np.where(np.isnan(off), np.where(np.isnan(a) & np.isnan(b), 0.0, np.inf), off)


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
