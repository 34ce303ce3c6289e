"""The functions for large aligned blocks that an executable brings, beside glibc's own."""

from __future__ import annotations

import ctypes
import errno
import re
from pathlib import Path

import pytest
from tests.unit.tf2exe.test_older_glibc import compiled, needs_gcc

from tf2exe.launcher import SOURCES

pytestmark = needs_gcc

MEGABYTE = 1 << 20
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("blocks")
    return with_types(
        ctypes.CDLL(str(compiled(folder, "blocks", SOURCES / "posix/large_blocks.c")), use_errno=True)
    )


@pytest.fixture
def glibc() -> ctypes.CDLL:
    return with_types(ctypes.CDLL(None, use_errno=True))


def with_types(library: ctypes.CDLL) -> ctypes.CDLL:
    library.posix_memalign.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t
    library.aligned_alloc.argtypes = ctypes.c_size_t, ctypes.c_size_t
    library.aligned_alloc.restype = ctypes.c_void_p
    return library


def taken(library: ctypes.CDLL, alignment: int, size: int) -> tuple[int, int | None, int]:
    """Result, block, and errno."""
    found = ctypes.c_void_p(None)
    ctypes.set_errno(77)
    result = library.posix_memalign(ctypes.addressof(found), alignment, size)
    return result, found.value, ctypes.get_errno()


def released(glibc: ctypes.CDLL, block: int | None) -> None:
    glibc.free(ctypes.c_void_p(block))


@pytest.mark.parametrize("alignment", [0, 1, 4, 7, 12, 24, 100])
def test_an_alignment_that_is_none_is_refused(ours: ctypes.CDLL, glibc: ctypes.CDLL, alignment: int) -> None:
    assert taken(ours, alignment, 64) == taken(glibc, alignment, 64) == (errno.EINVAL, None, 77)


@pytest.mark.promise("build", "Large aligned blocks use huge pages and otherwise behave as glibc's.")
@pytest.mark.parametrize("alignment", [8, 16, 64, 4096, 2 * MEGABYTE])
@pytest.mark.parametrize("size", [0, 1, 100, 3 * MEGABYTE, 40 * MEGABYTE + 5])
def test_blocks_are_aligned_and_whole(
    ours: ctypes.CDLL, glibc: ctypes.CDLL, alignment: int, size: int
) -> None:
    result, block, number = taken(ours, alignment, size)
    assert (result, number) == (0, 77)
    assert block
    assert block % alignment == 0
    ctypes.memset(block, 1, size)
    released(glibc, block)
    other = ours.aligned_alloc(alignment, size)
    assert other
    assert other % alignment == 0
    released(glibc, other)


def test_more_than_there_is_is_refused(ours: ctypes.CDLL, glibc: ctypes.CDLL) -> None:
    assert taken(ours, 64, 1 << 62) == taken(glibc, 64, 1 << 62) == (errno.ENOMEM, None, errno.ENOMEM)
    assert ours.aligned_alloc(64, 1 << 62) is None


@pytest.mark.promise("build", "Large aligned blocks use huge pages and otherwise behave as glibc's.")
@pytest.mark.skipif(
    not SETTING.is_file() or "[never]" in SETTING.read_text(encoding="ascii"),
    reason="this machine gives no huge pages",
)
def test_a_large_block_lies_in_huge_pages(ours: ctypes.CDLL, glibc: ctypes.CDLL) -> None:
    _, block, _ = taken(ours, 64, 64 * MEGABYTE)
    assert block
    ctypes.memset(block, 1, 64 * MEGABYTE)
    assert flags_at(block + 32 * MEGABYTE).split().count("hg") == 1
    released(glibc, block)


def flags_at(address: int) -> str:
    """What the kernel notes of the mapping: `hg` is that huge pages are asked for."""
    found = False
    for line in Path("/proc/self/smaps").read_text(encoding="ascii").splitlines():
        if match := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            found = int(match[1], 16) <= address < int(match[2], 16)
        elif found and line.startswith("VmFlags:"):
            return line
    return ""
