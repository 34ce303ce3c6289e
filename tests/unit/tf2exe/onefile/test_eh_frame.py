"""Unwind tables are filtered in Python and restored by the launcher's C code, under sanitizers."""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tf2exe.launchers import sources
from tf2exe.onefile import codec, eh_frame
from tf2exe.onefile.filters import Filter

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="compiles and runs Linux executables"
)

HERE = Path(__file__).parent
SOURCES = ("onefile/bcj.c", "onefile/filter.c", "onefile/eh_frame.c")
MUTATIONS = 40_000 if os.environ.get("TF2EXE_TESTS") == "long" else 4_000
Undo = Callable[[list[bytes]], list[bytes]]

CIE = struct.pack("<II", 20, 0) + b"\1zPLR\0\1\x78\x10\7\x1b\0\0\0\0\x1b"


@pytest.fixture(scope="module")
def undo(tmp_path_factory: pytest.TempPathFactory) -> Undo:
    program = tmp_path_factory.mktemp("eh_frame") / "undo_filters"
    sanitized = ["gcc", "-std=c11", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    files = [HERE / "undo_filters.c", *(sources.FOLDER / name for name in SOURCES)]
    subprocess.run([*sanitized, f"-I{sources.FOLDER / 'onefile'}", *files, "-o", program], check=True)

    def run(tables: list[bytes]) -> list[bytes]:
        regions = b"".join(struct.pack("<III", Filter.EH_FRAME, 0, len(table)) + table for table in tables)
        done = subprocess.run([program], input=regions, capture_output=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr.decode()[:2000]
        restored, offset = [], 0
        for table in tables:
            restored.append(done.stdout[offset : offset + len(table)])
            offset += len(table)
        assert offset == len(done.stdout)
        return restored

    return run


def record(cie_pointer: int, start: int, size: int, rest: bytes) -> bytes:
    body = struct.pack("<III", cie_pointer, start, size) + rest
    return struct.pack("<I", len(body)) + body


NUMBERS = st.sampled_from([0, 1, 4, 16, 17, 0x7FFFFFFF, 0xFFFFFFFF]) | st.integers(0, 0xFFFFFFFF)
REST = st.binary(max_size=30) | st.binary(min_size=4, max_size=9).map(lambda rest: b"\4" + rest)
RECORDS = st.lists(st.builds(record, NUMBERS, NUMBERS, NUMBERS, REST), max_size=12)


@pytest.mark.promise("onefile", "The filters of the onefile format are reversible byte for byte.")
@settings(max_examples=150, deadline=None)
@given(records=RECORDS, tail=st.binary(max_size=40))
@example(records=[record(28, 100, 5, b"\4\1\2\3\4")], tail=b"\0\0\0\0")
@example(records=[record(28, 100, 5, b"\4\1\2\3")], tail=b"")
@example(records=[record(28, 100, 5, b"\4"), record(0, 1, 2, b"\0")], tail=b"\xff\xff\xff\xff")
def test_tables_are_restored(undo: Undo, records: list[bytes], tail: bytes) -> None:
    table = CIE + b"".join(records) + tail
    filtered = eh_frame.filter_table(table)
    assert len(filtered) == len(table)
    assert undo([filtered]) == [table]


def read_table(path: Path) -> bytes:
    with path.open("rb") as file:
        section = ELFFile(file).get_section_by_name(".eh_frame")
        return bytes(section.data()) if section else b""


def real_table() -> bytes:
    return max(map(read_table, [Path(sys.executable).resolve(), *_extensions()]), key=len)


def _extensions() -> list[Path]:
    return sorted(Path(np.__file__).parent.rglob("_core/*.so"))


@pytest.mark.promise("onefile", "The filters of the onefile format are reversible byte for byte.")
def test_real_table_is_restored_and_compresses_better(undo: Undo) -> None:
    table = real_table()
    filtered = eh_frame.filter_table(table)
    assert undo([filtered]) == [table]
    assert len(codec.compress(filtered, 10)) < 0.7 * len(codec.compress(table, 10))


@pytest.mark.parametrize(
    "table",
    [
        b"",
        b"\4\0\0\0",
        struct.pack("<II", 4, 1),
        struct.pack("<II", 3, 0),
        struct.pack("<II", 5, 0),
        struct.pack("<II", 0xFFFFFFFF, 0) + bytes(40),
    ],
)
def test_tables_without_a_leading_cie_are_refused(table: bytes) -> None:
    assert not eh_frame.is_table(table[:8], len(table))
    with pytest.raises(ValueError, match="does not begin"):
        eh_frame.filter_table(table)


@pytest.mark.promise("onefile", "Corrupt unwind tables cause no access out of bounds.")
def test_damaged_tables_stay_in_bounds(undo: Undo) -> None:
    rng = random.Random(11)  # noqa: S311
    records = [
        record(28, rng.randrange(1 << 32), 40, b"\4" * rng.randrange(2) + rng.randbytes(9)) for _ in range(40)
    ]
    valid = eh_frame.filter_table(CIE + b"".join(records))
    tables = []
    for number in range(MUTATIONS):
        table = bytearray(valid if number % 4 else rng.randbytes(rng.randrange(300)))
        if number % 4 == 1:
            struct.pack_into("<I", table, 4, rng.choice([0, 1, 39, 41, rng.randrange(1 << 32)]))
        if number % 8 == 2:
            struct.pack_into("<I", table, 0, rng.choice([0, 3, 4, len(table), rng.randrange(1 << 32)]))
        for _ in range(rng.randrange(1, 4) if table else 0):
            table[rng.randrange(len(table))] = rng.choice([0, 4, 255, rng.randrange(256)])
        tables.append(bytes(table))
    assert len(undo(tables)) == len(tables)
