"""Filters are applied in Python and reversed by the launcher's C code."""

from __future__ import annotations

import random
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf2exe.onefile.filters import MAX_ROW_BYTES, Filter, Region, apply_filters, undo_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    UndoFilters = Callable[[bytes, tuple[Region, ...]], bytes]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="compiles and loads a Linux library"
)


@pytest.mark.promise("onefile", "The filters of the onefile format are reversible byte for byte.")
@given(
    table=st.binary(max_size=400),
    row=st.sampled_from(range(4, MAX_ROW_BYTES + 1, 4)),
    before=st.integers(0, 9),
    after=st.integers(0, 9),
)
def test_tables_are_restored(
    undo_filters: UndoFilters, table: bytes, row: int, before: int, after: int
) -> None:
    data = b"\xe8" * before + table + b"\x48" * after
    for kind in (Filter.COLUMNS, Filter.DELTA):
        regions = (Region(before, len(table), kind, row),)
        filtered = apply_filters(data, regions)
        assert len(filtered) == len(data)
        assert filtered[:before] == data[:before]
        assert filtered[before + len(table) :] == data[before + len(table) :]
        assert undo_filters(filtered, regions) == data


def test_undoing_random_bytes_stays_in_bounds(undo_filters: UndoFilters) -> None:
    rng = random.Random(3)  # noqa: S311
    for size in range(200):
        data, row = rng.randbytes(size), 4 * rng.randrange(1, 17)
        for kind, width in ((Filter.BCJ, 0), (Filter.COLUMNS, row), (Filter.DELTA, row)):
            assert len(undo_filters(data, (Region(0, size, kind, width),))) == size


@pytest.mark.parametrize(
    ("kind", "row"), [(0, 0), (5, 4), (4, 4), (1, 4), (2, 0), (3, 6), (2, 68), (3, 65532)]
)
def test_launcher_refuses_invalid_filters_and_rows(
    is_region: Callable[[Region], bool], kind: int, row: int
) -> None:
    assert is_region(Region(0, 100, Filter.COLUMNS, 4))
    assert not is_region(Region(0, 100, kind, row))  # type: ignore[arg-type]


def test_delta_of_an_arithmetic_sequence_is_constant() -> None:
    table = b"".join((7 * number).to_bytes(4, "little") * 2 for number in range(1, 1000))
    filtered = apply_filters(table, (Region(0, len(table), Filter.DELTA, 8),))
    assert filtered == (b"\7" * 999 + bytes(3 * 999)) * 2


@pytest.mark.parametrize("row", [1, 2, 6, 24])
def test_columns_of_any_width(undo_filters: UndoFilters, row: int) -> None:
    """A table of 16-bit weights has rows of two bytes."""
    data = bytes(range(80))
    regions = (Region(1, 60 // row * row, Filter.COLUMNS, row),)
    assert apply_filters(data, regions) != data or row == 1
    assert undo_filters(apply_filters(data, regions), regions) == data


def test_columns_are_undone_in_python() -> None:
    data = random.Random(2).randbytes(5000)  # noqa: S311
    regions = (Region(10, 24 * 50 + 7, Filter.COLUMNS, 24), Region(2000, 1000, Filter.COLUMNS, 4))
    assert undo_columns(apply_filters(data, regions), regions) == data
    assert undo_columns(data, (Region(0, 5000, Filter.BCJ, 0),)) == data
