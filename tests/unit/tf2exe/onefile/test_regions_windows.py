from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

from tf2exe.onefile import codec
from tf2exe.onefile.filters import Filter, apply_filters
from tf2exe.onefile.regions import find_regions

if TYPE_CHECKING:
    from pathlib import Path


def test_code_and_function_table_of_a_windows_program(onefile_launcher: Path) -> None:
    data, found = onefile_launcher.read_bytes(), find_regions(onefile_launcher)
    assert {(region.filter, region.row) for region in found} == {
        (Filter.BCJ, 0),
        (Filter.DELTA, 12),
    }
    (code,) = (region for region in found if region.filter == Filter.BCJ)
    assert data[code.offset : code.offset + code.size].count(b"\xe8") > 100
    filtered = apply_filters(data, found)
    assert len(codec.compress(filtered, 10)) < 0.98 * len(codec.compress(data, 10))


def test_library_for_another_processor_has_no_regions(onefile_launcher: Path, tmp_path: Path) -> None:
    data = bytearray(onefile_launcher.read_bytes())
    header = struct.unpack_from("<I", data, 0x3C)[0]
    struct.pack_into("<H", data, header + 4, 0xAA64)
    (tmp_path / "arm.dll").write_bytes(data)
    assert find_regions(tmp_path / "arm.dll") == ()


def test_regions_are_inside_the_file_if_headers_are_damaged(onefile_launcher: Path, tmp_path: Path) -> None:
    content, rng = onefile_launcher.read_bytes(), random.Random(5)  # noqa: S311
    with_regions = 0
    for number in range(300):
        data = bytearray(content if number % 3 else content[: rng.randrange(2, 3000)])
        for _ in range(4):
            data[rng.randrange(2, min(len(data), 1500))] = rng.randrange(256)
        (tmp_path / "damaged.dll").write_bytes(data)
        found = find_regions(tmp_path / "damaged.dll")
        with_regions += bool(found)
        for region in found:
            assert region.offset + region.size <= len(data)
    assert with_regions > 100
