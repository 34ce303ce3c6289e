"""The BCJ filter is applied in Python and reversed by the launcher's C code."""

from __future__ import annotations

import random
import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tf2exe.onefile import bcj
from tf2exe.onefile.filters import Filter, Region, apply_filters

if TYPE_CHECKING:
    from collections.abc import Callable

    UndoFilters = Callable[[bytes, tuple[Region, ...]], bytes]

needs_gcc = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="compiles and loads a Linux library"
)
CODE = st.lists(
    st.sampled_from(
        [b"\xe8", b"\xc5", b"\xf8\x28", b"\x48", b"\x4c", b"\x8b", b"\x05", b"\x3d", b"\0", b"\xff"]
    )
    | st.binary()
).map(b"".join)


@needs_gcc
@pytest.mark.promise("onefile", "The filters of the onefile format are reversible byte for byte.")
@given(code=CODE, before=st.integers(0, 9), after=st.integers(0, 9))
@example(code=b"\x48\xe8\x01\0\0\0\x05\0\0\0\0\0", before=0, after=0)
@example(code=b"\x48\x48\x8b\x05\xe8\0\0\0\xe8\0\0\0\0", before=0, after=0)
@example(code=b"\x4c\x8b\x05\xff\xff\xff\x1f\xe8\0\0\0\x20\xe8\0\0\0\xe0", before=1, after=1)
@example(code=b"\xc5\xf8\x28\x05\1\0\0\0\xc5\xf8\x28\xe8\1\0\0\0\xc5\xe8\1\0\0\0", before=0, after=0)
@example(code=b"\xc5\xc5\xf8\x28\x0d\1\0\0", before=0, after=0)
@example(code=b"\x48\x8b\x05\xe8\1\2", before=0, after=0)
def test_code_is_restored(undo_filters: UndoFilters, code: bytes, before: int, after: int) -> None:
    data = b"\xe8" * before + code + b"\x48" * after
    regions = (Region(before, len(code), Filter.BCJ, 0),)
    filtered = apply_filters(data, regions)
    assert len(filtered) == len(data)
    assert filtered[:before] == data[:before]
    assert filtered[before + len(code) :] == data[before + len(code) :]
    assert undo_filters(filtered, regions) == data


@needs_gcc
def test_instructions_at_every_offset_are_restored(undo_filters: UndoFilters) -> None:
    """The launcher searches sixteen bytes at a time."""
    rng = random.Random(4)  # noqa: S311
    for size in (*range(60), 997, 100_000):
        code = bytes(rng.choices(b"\xe8\xc5\xf8\x28\x48\x4c\x8b\x05\x3d\x00\xff", k=size))
        regions = (Region(0, size, Filter.BCJ, 0),)
        filtered = apply_filters(code, regions)
        assert undo_filters(filtered, regions) == code
        assert size < 997 or sum(map(int.__ne__, filtered, code)) > size / 20


def test_calls_of_one_function_become_equal() -> None:
    calls = b"".join(b"\xe8" + (10000 - 5 * number - 5).to_bytes(4, "little") for number in range(100))
    filtered = bcj.to_absolute(calls)
    assert len({filtered[offset : offset + 5] for offset in range(0, 500, 5)}) == 1


@pytest.mark.parametrize("begin", [b"\x48\x8b\x05", b"\x4c\x8d\x3d", b"\xc5\xf8\x28\x05"])
def test_operands_of_64_bit_and_vector_instructions_become_absolute(begin: bytes) -> None:
    code = bytes(20) + begin + (1000).to_bytes(4, "little")
    assert bcj.to_absolute(code) == code[:-4] + (1000 + 20 + len(begin)).to_bytes(4, "little")


@pytest.mark.parametrize("number", [bcj.REACH, 2**31 - 1, 2**32 - bcj.REACH - 1])
def test_numbers_beyond_the_reach_are_kept(number: int) -> None:
    code = bytes(20) + b"\xe8" + number.to_bytes(4, "little")
    assert bcj.to_absolute(code) == code
