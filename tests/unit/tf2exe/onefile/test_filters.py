"""Filters, applied in Python and undone in C."""

from __future__ import annotations

import ctypes
import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tf2exe.launchers import sources
from tf2exe.onefile import filters, regions
from tf2exe.onefile.filters import Filter, Region

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="compiles and loads a Linux library"
)

CODE = st.lists(
    st.sampled_from(
        [b"\xe8", b"\xc5", b"\xf8\x28", b"\x48", b"\x4c", b"\x8b", b"\x05", b"\x3d", b"\0", b"\xff"]
    )
    | st.binary()
)
SOURCES = ("onefile/bcj.c", "onefile/filter.c", "onefile/eh_frame.c")
ROWS = st.sampled_from(range(4, filters.LONGEST_ROW + 1, 4))


class CRegion(ctypes.Structure):
    _fields_ = (
        ("offset", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("filter", ctypes.c_uint16),
        ("row", ctypes.c_uint16),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    path = tmp_path_factory.mktemp("filter") / "filter.so"
    options = ["-shared", "-fPIC", "-O1", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    subprocess.run(
        ["gcc", *options, *(sources.FOLDER / name for name in SOURCES), "-o", path],
        check=True,
    )
    return ctypes.CDLL(str(path))


@pytest.fixture(scope="module")
def undo(library: ctypes.CDLL) -> Callable[[bytes, tuple[Region, ...]], bytes]:
    def call(data: bytes, regions: tuple[Region, ...]) -> bytes:
        chunk = ctypes.create_string_buffer(data, len(data))
        for item in regions:
            region = CRegion(item.offset, item.size, item.filter, item.row)
            assert library.is_region(ctypes.byref(region))
            scratch = ctypes.create_string_buffer(max(1, item.size))
            library.undo_filter(ctypes.byref(region), chunk, scratch)
        return chunk.raw

    return call


def kinds(row: int) -> list[tuple[Filter, int]]:
    return [(Filter.BCJ, 0), (Filter.COLUMNS, row), (Filter.DELTA, row)]


@pytest.mark.promise("onefile", "The filters of the onefile format are reversible byte for byte.")
@given(parts=CODE, row=ROWS, before=st.integers(0, 9), behind=st.integers(0, 9))
@example(parts=[b"\x48\xe8\x01\0\0\0\x05\0\0\0\0\0"], row=4, before=0, behind=0)
@example(parts=[b"\x48\x48\x8b\x05\xe8\0\0\0\xe8\0\0\0\0"], row=8, before=0, behind=0)
@example(
    parts=[b"\x4c\x8b\x05\xff\xff\xff\x1f", b"\xe8\0\0\0\x20", b"\xe8\0\0\0\xe0"], row=24, before=1, behind=1
)
@example(
    parts=[b"\xc5\xf8\x28\x05\1\0\0\0\xc5\xf8\x28\xe8\1\0\0\0\xc5\xe8\1\0\0\0"], row=4, before=0, behind=0
)
@example(parts=[b"\xc5\xc5\xf8\x28\x0d\1\0\0"], row=4, before=0, behind=0)
@example(parts=[b"\x48\x8b\x05\xe8\1\2"], row=4, before=0, behind=0)
def test_round_trip(
    undo: Callable[[bytes, tuple[Region, ...]], bytes], parts: list[bytes], row: int, before: int, behind: int
) -> None:
    inside = b"".join(parts)
    data = b"\xe8" * before + inside + b"\x48" * behind
    for kind, width in kinds(row):
        regions = (Region(before, len(inside), kind, width),)
        filtered = filters.apply(data, regions)
        assert len(filtered) == len(data)
        assert filtered[:before] == data[:before]
        assert filtered[before + len(inside) :] == data[before + len(inside) :]
        assert undo(filtered, regions) == data


def test_much_code(undo: Callable[[bytes, tuple[Region, ...]], bytes]) -> None:
    """What is looked for sixteen bytes at a time is found wherever it stands."""
    chance = random.Random(4)  # noqa: S311
    for size in (*range(60), 997, 100_000):
        code = bytes(chance.choices(b"\xe8\xc5\xf8\x28\x48\x4c\x8b\x05\x3d\x00\xff", k=size))
        regions = (Region(0, size, Filter.BCJ, 0),)
        filtered = filters.apply(code, regions)
        assert undo(filtered, regions) == code
        assert size < 997 or sum(map(int.__ne__, filtered, code)) > size / 20


def test_undoing_any_bytes_stays_inside(undo: Callable[[bytes, tuple[Region, ...]], bytes]) -> None:
    chance = random.Random(3)  # noqa: S311
    for size in range(200):
        data = chance.randbytes(size)
        for kind, row in kinds(4 * chance.randrange(1, 17)):
            assert len(undo(data, (Region(0, size, kind, row),))) == size


@pytest.mark.parametrize(
    ("kind", "row"), [(0, 0), (5, 4), (4, 4), (1, 4), (2, 0), (3, 6), (2, 68), (3, 65532)]
)
def test_regions_that_cannot_be(library: ctypes.CDLL, kind: int, row: int) -> None:
    assert not library.is_region(ctypes.byref(CRegion(0, 100, kind, row)))


def test_calls_of_one_function_become_alike() -> None:
    calls = b"".join(b"\xe8" + (10000 - 5 * number - 5).to_bytes(4, "little") for number in range(100))
    filtered = filters.apply(calls, (Region(0, len(calls), Filter.BCJ, 0),))
    assert len({filtered[place : place + 5] for place in range(0, 500, 5)}) == 1


def test_a_table_that_grows_evenly_becomes_a_row_of_constants() -> None:
    table = b"".join((7 * number).to_bytes(4, "little") * 2 for number in range(1, 1000))
    filtered = filters.apply(table, (Region(0, len(table), Filter.DELTA, 8),))
    assert filtered == (b"\7" * 999 + bytes(3 * 999)) * 2


class TestSections:
    @pytest.fixture
    def compiled(self, tmp_path: Path) -> Path:
        """A library of many functions."""
        source = tmp_path / "code.c"
        functions = (f'int f{i}(int n){{return n+puts("{i}");}}' for i in range(99))
        source.write_text("#include <stdio.h>\n" + "".join(functions))
        subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", tmp_path / "code.so"], check=True)
        return tmp_path / "code.so"

    def test_regions_of_a_real_library(
        self, undo: Callable[[bytes, tuple[Region, ...]], bytes], compiled: Path
    ) -> None:
        data = compiled.read_bytes()
        found = regions.regions(compiled)
        assert {(region.filter, region.row) for region in found} >= {
            (Filter.BCJ, 0),
            (Filter.COLUMNS, 24),
        }
        ends = [0, *(region.offset + region.size for region in found)]
        assert all(end <= region.offset for end, region in zip(ends[:-1], found, strict=True))
        assert ends[-1] <= len(data)
        assert undo(filters.apply(data, found), found) == data

    @pytest.mark.parametrize("length", [0, 3, 4, 20, 64, 200, 5000])
    def test_truncated_libraries_have_no_regions(self, tmp_path: Path, compiled: Path, length: int) -> None:
        """The section headers are at the end of the file."""
        (tmp_path / "truncated.so").write_bytes(compiled.read_bytes()[:length])
        assert regions.regions(tmp_path / "truncated.so") == ()

    def test_regions_are_inside_the_file_if_headers_are_damaged(self, tmp_path: Path, compiled: Path) -> None:
        whole, chance = compiled.read_bytes(), random.Random(5)  # noqa: S311
        with_regions = 0
        for _ in range(300):
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 5)):
                place = chance.choice([chance.randrange(64), chance.randrange(len(data) - 2000, len(data))])
                data[place] = chance.randrange(256)
            (tmp_path / "b").write_bytes(data)
            found = regions.regions(tmp_path / "b")
            with_regions += bool(found)
            for region in found:
                assert region.offset + region.size <= len(data)
        assert with_regions > 100


@pytest.mark.parametrize("row", [1, 2, 6, 24])
def test_columns_of_any_width(undo: Callable[[bytes, tuple[Region, ...]], bytes], row: int) -> None:
    """Weights of 16 bits stand in rows of two bytes."""
    data = bytes(range(80))
    regions = (Region(1, 60 // row * row, Filter.COLUMNS, row),)
    assert filters.apply(data, regions) != data or row == 1
    assert undo(filters.apply(data, regions), regions) == data
