"""How far a converted model answers like the original: runs in the process of `litert_child.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIE = 1e-5
"""Classes that the original puts as close to each other, measured like differences, are equally good."""


def read(array: dict[str, Any]) -> NDArray[Any]:
    """An array that the recorder of model calls has written, described as by `model_calls.Array`."""
    shape = tuple(array["shape"])
    dtype: np.dtype[Any] = np.dtype(array["dtype"])
    count = int(np.prod(shape, dtype=np.int64))
    return np.fromfile(array["file"], dtype, count, offset=array["offset"]).reshape(shape)


def compare(model: dict[str, Any]) -> dict[str, Any]:
    """Computes what the converted model was fed with the original one.

    Returns:
        how many ``predictions``, rows of outputs, were compared; ``tops``, how many of these have several
        values, and ``same``, in how many both have the same largest one; of the differences the ``largest``
        and the ``sum``, over so many ``values``.
    """
    import tensorflow as tf  # noqa: PLC0415 - takes seconds, and is not needed to convert with `read`

    original = tf.saved_model.load(model["saved_model"])  # keeps the variables of the signatures
    found = {"predictions": 0, "tops": 0, "same": 0, "largest": 0.0, "sum": 0.0, "values": 0}
    for signature, inputs, outputs in model["calls"]:
        fed = {array["name"]: tf.constant(read(array)) for array in inputs}
        answer = original.signatures[signature](**fed)
        for array in outputs:
            ours, theirs = read(array), np.asarray(answer[array["name"]])
            off = difference(ours, theirs)
            found["predictions"] += max(1, ours.size // ours.shape[-1]) if ours.ndim else 1
            found["largest"] = max(found["largest"], float(off.max(initial=0)))
            found["sum"] += float(off.sum())
            found["values"] += off.size
            if ours.ndim > 1 and ours.shape[-1] > 1:
                same = same_top(ours, theirs)
                found["tops"] += same.size
                found["same"] += int(same.sum())
    return found


def difference(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.float64]:
    """Measured in the original's largest value where that is above 1; what is no number in one is far."""
    kind = np.complex128 if ours.dtype.kind == "c" else np.float64
    a, b = ours.astype(kind), theirs.astype(kind)
    off: NDArray[np.float64] = np.abs(a - b) / _unit(b)
    return np.where(np.isnan(off), np.where(np.isnan(a) & np.isnan(b), 0.0, np.inf), off)


def same_top(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.bool_]:
    """For each row, whether our largest value is the original's, too, or as good as its largest."""
    a, b = ours.reshape(-1, ours.shape[-1]), theirs.reshape(-1, ours.shape[-1])
    top = np.take_along_axis(b, a.argmax(-1)[:, None], -1)[:, 0].astype(np.float64)
    same: NDArray[np.bool_] = ~(b.max(-1) - top > TIE * _unit(b.astype(np.float64)))
    return same


def _unit(values: NDArray[Any]) -> float:
    return max(1.0, float(np.nanmax(np.abs(values), initial=0)))
