"""What filters do with Windows' native files."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

from tf2exe.onefile import codec, filters, regions
from tf2exe.onefile.filters import Filter

if TYPE_CHECKING:
    from pathlib import Path


def test_code_and_the_table_of_functions(onefile_launcher: Path) -> None:
    data, found = onefile_launcher.read_bytes(), regions.regions(onefile_launcher)
    assert {(region.filter, region.row) for region in found} == {
        (Filter.BCJ, 0),
        (Filter.DELTA, 12),
    }
    (code,) = (region for region in found if region.filter == Filter.BCJ)
    assert data[code.offset : code.offset + code.size].count(b"\xe8") > 100
    filtered = filters.apply(data, found)
    assert len(codec.compress(filtered, 10)) < 0.98 * len(codec.compress(data, 10))


def test_another_processor_s_has_none(onefile_launcher: Path, tmp_path: Path) -> None:
    data = bytearray(onefile_launcher.read_bytes())
    header = struct.unpack_from("<I", data, 0x3C)[0]
    struct.pack_into("<H", data, header + 4, 0xAA64)
    (tmp_path / "arm.dll").write_bytes(data)
    assert regions.regions(tmp_path / "arm.dll") == ()


def test_broken_ones_have_none_or_sound_ones(onefile_launcher: Path, tmp_path: Path) -> None:
    whole, chance = onefile_launcher.read_bytes(), random.Random(5)  # noqa: S311
    with_regions = 0
    for number in range(300):
        data = bytearray(whole if number % 3 else whole[: chance.randrange(2, 3000)])
        for _ in range(4):
            data[chance.randrange(2, min(len(data), 1500))] = chance.randrange(256)
        (tmp_path / "broken.dll").write_bytes(data)
        found = regions.regions(tmp_path / "broken.dll")
        with_regions += bool(found)
        for region in found:
            assert region.offset + region.size <= len(data)
    assert with_regions > 100
