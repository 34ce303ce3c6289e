from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tf2exe.convert.runtimes.litert_agreement import (
    compare_outputs,
    read_array,
    relative_differences,
    same_top,
)

if TYPE_CHECKING:
    from pathlib import Path


def write_array(path: Path, name: str, values: object) -> dict[str, Any]:
    """Writes an array after four other bytes."""
    array = np.array(values, np.float32)
    path.write_bytes(b"skip" + array.tobytes())
    return {"name": name, "dtype": "<f4", "shape": list(array.shape), "file": str(path), "offset": 4}


def test_an_array_is_read_at_its_position(tmp_path: Path) -> None:
    array = read_array(write_array(tmp_path / "numbers", "x", [[1, 2], [3, 4]]))
    assert array.tolist() == [[1, 2], [3, 4]]


def test_outputs_are_compared_with_the_original_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorFlow has a substitute, whose model doubles its input; tests/build has the real one."""
    original = SimpleNamespace(signatures={"serve": lambda x: {"y": 2 * x, "sum": np.sum(x)}})
    substitute = SimpleNamespace(
        saved_model=SimpleNamespace(load={"the folder": original}.__getitem__), constant=np.asarray
    )
    monkeypatch.setitem(sys.modules, "tensorflow", substitute)
    inputs = [write_array(tmp_path / "x", "x", [[1, 2], [4, 3]])]
    outputs = [
        write_array(tmp_path / "y", "y", [[2, 4], [6, 6.5]]),
        write_array(tmp_path / "sum", "sum", 11.0),
    ]
    found = compare_outputs({"saved_model": "the folder", "calls": [("serve", inputs, outputs)]})
    assert found == {
        "predictions": 3,
        "tops": 2,
        "same": 1,
        "largest": 0.25,  # 6 instead of 8, whose output has the largest value 8
        "sum": pytest.approx(0.25 + 0.5 / 8 + 1 / 10),
        "values": 5,
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([0.5, 0.1], [0.25, 0.1], [0.25, 0]),
        ([10.0, 0.0], [20.0, 1.0], [0.5, 0.05]),
        ([np.nan, np.nan], [np.nan, 1.0], [0, np.inf]),
        ([1 + 1j], [1 - 1j], [2 / 2**0.5]),
    ],
)
def test_differences_are_relative_to_the_largest_value_above_1(
    ours: list[complex], theirs: list[complex], expected: list[float]
) -> None:
    assert relative_differences(np.array(ours), np.array(theirs)).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([[0.1, 0.9], [0.8, 0.2]], [[0.2, 0.8], [0.4, 0.6]], [True, False]),
        # Two classes that are equal except for rounding.
        ([[0.5, 0.500001]], [[0.500001, 0.5]], [True]),
        ([[0.5, 0.5001]], [[0.5001, 0.5]], [False]),
        ([[900.0, 900.001]], [[900.001, 900.0]], [True]),
        ([[[1, 3], [3, 1]]], [[[1, 3], [1, 3]]], [True, False]),
    ],
)
def test_same_top(ours: list[object], theirs: list[object], expected: list[bool]) -> None:
    assert same_top(np.array(ours, np.float32), np.array(theirs, np.float32)).tolist() == expected
