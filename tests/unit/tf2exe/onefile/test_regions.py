from __future__ import annotations

import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tf2exe.onefile.filters import Filter, Region, apply_filters
from tf2exe.onefile.regions import find_regions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    UndoFilters = Callable[[bytes, tuple[Region, ...]], bytes]

needs_gcc = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="compiles and loads a Linux library"
)


@pytest.mark.parametrize(("kind", "row"), [("float32", 4), ("float16", 2), ("int8", 0)])
def test_weights_are_stored_by_byte_column(tmp_path: Path, kind: str, row: int) -> None:
    weights = np.random.default_rng(1).normal(0, 0.05, 400_001)
    numbers = (weights * 500).astype(np.int8) if kind == "int8" else weights.astype(kind)
    path = tmp_path / "model.tflite"
    path.write_bytes(numbers.tobytes() + b"end")
    size = path.stat().st_size
    expected = (Region(0, size // row * row, Filter.COLUMNS, row),) if row else ()
    assert find_regions(path) == expected


@pytest.mark.parametrize("content", [b"", b"x", b"TFL3" * 10])
def test_small_models_have_no_regions(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    assert find_regions(path) == ()


def test_other_files_have_no_regions(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(np.random.default_rng(1).normal(0, 1, 100_000).astype(np.float32).tobytes())
    assert find_regions(path) == ()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with many functions."""
    source = tmp_path / "code.c"
    functions = (f'int f{i}(int n){{return n+puts("{i}");}}' for i in range(99))
    source.write_text("#include <stdio.h>\n" + "".join(functions))
    subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", tmp_path / "code.so"], check=True)
    return tmp_path / "code.so"


@needs_gcc
def test_regions_of_a_real_library(undo_filters: UndoFilters, library: Path) -> None:
    data = library.read_bytes()
    found = find_regions(library)
    assert {(region.filter, region.row) for region in found} >= {
        (Filter.BCJ, 0),
        (Filter.COLUMNS, 24),
    }
    ends = [0, *(region.offset + region.size for region in found)]
    assert all(end <= region.offset for end, region in zip(ends[:-1], found, strict=True))
    assert ends[-1] <= len(data)
    assert undo_filters(apply_filters(data, found), found) == data


@needs_gcc
@pytest.mark.parametrize("length", [0, 3, 4, 20, 64, 200, 5000])
def test_truncated_libraries_have_no_regions(tmp_path: Path, library: Path, length: int) -> None:
    """The section headers are at the end of the file."""
    (tmp_path / "truncated.so").write_bytes(library.read_bytes()[:length])
    assert find_regions(tmp_path / "truncated.so") == ()


@needs_gcc
def test_regions_are_inside_the_file_if_headers_are_damaged(tmp_path: Path, library: Path) -> None:
    content, rng = library.read_bytes(), random.Random(5)  # noqa: S311
    with_regions = 0
    for _ in range(300):
        data = bytearray(content)
        for _ in range(rng.randrange(1, 5)):
            offset = rng.choice([rng.randrange(64), rng.randrange(len(data) - 2000, len(data))])
            data[offset] = rng.randrange(256)
        (tmp_path / "damaged.so").write_bytes(data)
        found = find_regions(tmp_path / "damaged.so")
        with_regions += bool(found)
        for region in found:
            assert region.offset + region.size <= len(data)
    assert with_regions > 100
