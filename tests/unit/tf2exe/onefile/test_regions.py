from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tf2exe.onefile import regions
from tf2exe.onefile.filters import Filter, Region

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("kind", "row"), [("float32", 4), ("float16", 2), ("int8", 0)])
def test_weights_stand_by_their_bytes(tmp_path: Path, kind: str, row: int) -> None:
    weights = np.random.default_rng(1).normal(0, 0.05, 400_001)
    numbers = (weights * 500).astype(np.int8) if kind == "int8" else weights.astype(kind)
    path = tmp_path / "model.tflite"
    path.write_bytes(numbers.tobytes() + b"end")
    size = path.stat().st_size
    expected = (Region(0, size // row * row, Filter.COLUMNS, row),) if row else ()
    assert regions.regions(path) == expected


@pytest.mark.parametrize("content", [b"", b"x", b"TFL3" * 10])
def test_small_models_are_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    assert regions.regions(path) == ()


def test_other_files_have_no_regions(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(np.random.default_rng(1).normal(0, 1, 100_000).astype(np.float32).tobytes())
    assert regions.regions(path) == ()
