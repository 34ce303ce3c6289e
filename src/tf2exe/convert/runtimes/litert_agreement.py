"""Compares the output of a converted model with the original. Runs in the child process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIE = 1e-5
"""Two classes whose values differ by less in the original, relative to its largest value, count as equal."""


def read_array(array: dict[str, Any]) -> NDArray[Any]:
    """Reads a recorded array; ``array`` has the fields of `model_calls.Array`."""
    shape = tuple(array["shape"])
    dtype: np.dtype[Any] = np.dtype(array["dtype"])
    count = int(np.prod(shape, dtype=np.int64))
    return np.fromfile(array["file"], dtype, count, offset=array["offset"]).reshape(shape)


def compare_outputs(model: dict[str, Any]) -> dict[str, Any]:
    """Runs the original model with the recorded inputs, and compares its output with the recorded one.

    Args:
        model: ``saved_model``, the folder of the original, and ``calls``, (signature, inputs, outputs) of
            each call of the converted model.

    Returns:
        ``predictions``, the number of rows of outputs; ``tops``, the number of rows with several values, and
        ``same``, the number of these with the same largest one; ``largest`` and ``sum`` of the differences,
        and the number of ``values``.
    """
    import tensorflow as tf  # noqa: PLC0415 - takes seconds; `read_array` does not need it

    original = tf.saved_model.load(
        model["saved_model"]
    )  # must stay referenced: it owns the variables of the signatures
    found = {"predictions": 0, "tops": 0, "same": 0, "largest": 0.0, "sum": 0.0, "values": 0}
    for signature, inputs, outputs in model["calls"]:
        tensors = {array["name"]: tf.constant(read_array(array)) for array in inputs}
        answer = original.signatures[signature](**tensors)
        for array in outputs:
            ours, theirs = read_array(array), np.asarray(answer[array["name"]])
            differences = relative_differences(ours, theirs)
            found["predictions"] += max(1, ours.size // ours.shape[-1]) if ours.ndim else 1
            found["largest"] = max(found["largest"], float(differences.max(initial=0)))
            found["sum"] += float(differences.sum())
            found["values"] += differences.size
            if ours.ndim > 1 and ours.shape[-1] > 1:
                same = same_top(ours, theirs)
                found["tops"] += same.size
                found["same"] += int(same.sum())
    return found


def relative_differences(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.float64]:
    """The absolute differences, divided by the largest value of the original if that is above 1.

    NaN in both is no difference, NaN in one is an infinite difference.
    """
    dtype = np.complex128 if ours.dtype.kind == "c" else np.float64
    a, b = ours.astype(dtype), theirs.astype(dtype)
    found: NDArray[np.float64] = np.abs(a - b) / _scale(b)
    return np.where(np.isnan(found), np.where(np.isnan(a) & np.isnan(b), 0.0, np.inf), found)


def same_top(ours: NDArray[Any], theirs: NDArray[Any]) -> NDArray[np.bool_]:
    """For each row, whether our top-1 class is that of the original, or has an equal value in it."""
    a, b = ours.reshape(-1, ours.shape[-1]), theirs.reshape(-1, ours.shape[-1])
    top = np.take_along_axis(b, a.argmax(-1)[:, None], -1)[:, 0].astype(np.float64)
    same: NDArray[np.bool_] = ~(b.max(-1) - top > TIE * _scale(b.astype(np.float64)))
    return same


def _scale(values: NDArray[Any]) -> float:
    return max(1.0, float(np.nanmax(np.abs(values), initial=0)))
