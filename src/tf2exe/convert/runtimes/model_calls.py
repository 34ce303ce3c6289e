"""Reads the calls of models that `tracer/record_model_calls.py` wrote down."""

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
        name: of the tensor.
        dtype: as NumPy writes it.
        shape: of the tensor.
        file: where the numbers are.
        offset: from where on, in bytes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: str
    offset: int


@dataclass(frozen=True)
class Call:
    """One computation of a model.

    Attributes:
        model: the model's file.
        signature: of the model, that was computed.
        inputs: what it was fed.
        outputs: what it answered.
    """

    model: Path
    signature: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


def read(folder: Path) -> tuple[Call, ...]:
    """All calls that were recorded in a folder, in order."""
    return tuple(_read(path) for path in sorted(folder.glob("call-*.call")))


def _read(path: Path) -> Call:
    model, signature, inputs, outputs = ast.literal_eval(path.read_text(encoding="ascii"))
    numbers = str(path.with_suffix(".numbers"))
    offset = 0

    def arrays(described: list[tuple[str, str, tuple[int, ...]]]) -> Iterator[Array]:
        nonlocal offset
        for name, dtype, shape in described:
            yield Array(name, dtype, tuple(shape), numbers, offset)
            offset += prod(shape) * int(dtype[2:])  # such as <f4

    return Call(Path(model), signature, tuple(arrays(inputs)), tuple(arrays(outputs)))


def digest(calls: tuple[Call, ...]) -> str:
    """Names what the models were fed and what they answered."""
    found = hashlib.blake2b(digest_size=16)
    for call in calls:
        arrays = (*call.inputs, *call.outputs)
        found.update(repr((call.signature, [(a.name, a.dtype, a.shape) for a in arrays])).encode())
        for file in sorted({array.file for array in arrays}):
            found.update(Path(file).read_bytes())
    return found.hexdigest()
