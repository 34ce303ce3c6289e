"""Reads the calls of models that `trace/tracer/record_model_calls.py` recorded."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Array:
    """An array in a file of raw numbers.

    Attributes:
        name: the name of the tensor.
        dtype: its data type, as in `numpy.dtype.str` (``<f4``).
        shape: its shape.
        file: the file with the numbers.
        offset: the position of the first one, in bytes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str
    offset: int


@dataclass(frozen=True)
class Call:
    """One call of a model.

    Attributes:
        model: the model's file.
        signature: the signature that was run.
        inputs: the input tensors.
        outputs: the output tensors.
    """

    model: Path
    signature: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


def read_calls(folder: Path) -> tuple[Call, ...]:
    """Reads the calls that were recorded in a folder, in order."""
    return tuple(_read_call(path) for path in sorted(folder.glob("call-*.call")))


def _read_call(path: Path) -> Call:
    model, signature, inputs, outputs = ast.literal_eval(path.read_text(encoding="ascii"))
    numbers = str(path.with_suffix(".numbers"))
    offset = 0

    def arrays(described: list[tuple[str, str, tuple[int, ...]]]) -> Iterator[Array]:
        nonlocal offset
        for name, dtype, shape in described:
            yield Array(name, dtype, tuple(shape), numbers, offset)
            offset += prod(shape) * int(dtype[2:])  # the size follows byte order and kind: <f4

    return Call(Path(model), signature, tuple(arrays(inputs)), tuple(arrays(outputs)))


def hash_calls(calls: tuple[Call, ...]) -> str:
    """A hash of the inputs and outputs of calls."""
    digest = hashlib.blake2b(digest_size=16)
    for call in calls:
        arrays = (*call.inputs, *call.outputs)
        digest.update(repr((call.signature, [(a.name, a.dtype, a.shape) for a in arrays])).encode())
        for file in sorted({array.file for array in arrays}):
            digest.update(Path(file).read_bytes())
    return digest.hexdigest()
