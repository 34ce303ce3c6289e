"""The launcher's filters, compiled as a library."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable

import pytest

from tf2exe.launchers import sources
from tf2exe.onefile.filters import Region

SOURCES = ("onefile/bcj.c", "onefile/filter.c", "onefile/eh_frame.c")
UndoFilters = Callable[[bytes, tuple[Region, ...]], bytes]


class CRegion(ctypes.Structure):
    """`struct region` in launchers/onefile/filter.h."""

    _fields_ = (
        ("offset", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("filter", ctypes.c_uint16),
        ("row", ctypes.c_uint16),
    )


@pytest.fixture(scope="session")
def filter_library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    path = tmp_path_factory.mktemp("filter") / "filter.so"
    options = ["-shared", "-fPIC", "-O1", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error"]
    files = [sources.FOLDER / name for name in SOURCES]
    subprocess.run(["gcc", *options, *files, "-o", path], check=True)
    return ctypes.CDLL(str(path))


@pytest.fixture(scope="session")
def is_region(filter_library: ctypes.CDLL) -> Callable[[Region], bool]:
    """Whether the launcher accepts filter and row of a region."""

    def call(region: Region) -> bool:
        fields = CRegion(region.offset, region.size, region.filter, region.row)
        return bool(filter_library.is_region(ctypes.byref(fields)))

    return call


@pytest.fixture(scope="session")
def undo_filters(filter_library: ctypes.CDLL) -> UndoFilters:
    """Reverses the filters of regions with the launcher's code."""

    def undo(data: bytes, regions: tuple[Region, ...]) -> bytes:
        chunk = ctypes.create_string_buffer(data, len(data))
        for item in regions:
            region = CRegion(item.offset, item.size, item.filter, item.row)
            assert filter_library.is_region(ctypes.byref(region))
            scratch = ctypes.create_string_buffer(max(1, item.size))
            filter_library.undo_filter(ctypes.byref(region), chunk, scratch)
        return chunk.raw

    return undo
