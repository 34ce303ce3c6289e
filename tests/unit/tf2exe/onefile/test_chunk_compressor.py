from __future__ import annotations

import shutil
import subprocess
import sys
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import PackageError
from tf2exe.onefile import chunk_plan, codec, regions
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.chunk_plan import FileSlice, plan_chunks
from tf2exe.onefile.filters import INDIVISIBLE, Filter
from tf2exe.onefile.scan import scan_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.onefile.archive_format import StoredChunk
    from tf2exe.onefile.filters import Region


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("gcc") is None, reason="makes a Linux library")
class TestRegions:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        code = "".join(f"int f{i}(int n){{return n+{i};}}" for i in range(400))
        (tmp_path / "code.c").write_text(code)
        (tmp_path / "folder").mkdir()
        target = tmp_path / "folder" / "code.so"
        subprocess.run(["gcc", "-shared", "-fPIC", tmp_path / "code.c", "-o", target], check=True)
        (tmp_path / "folder" / "before.so").write_bytes(b"no library" * 77)
        return tmp_path / "folder"

    def compress(self, folder: Path, level: int, cache: Path | None = None) -> tuple[list[StoredChunk], int]:
        """The chunks, and how many came from the cache."""
        compressor = ChunkCompressor(level, 2, cache)
        plan = plan_chunks(folder, scan_folder(folder))
        return [chunk for _, chunk in compressor.compress(folder, plan)], compressor.cache_hits

    @staticmethod
    def divisible_bytes(found: Iterable[Region]) -> int:
        return sum(region.size for region in found if region.filter not in INDIVISIBLE)

    def test_offsets_are_those_in_the_chunk(self, folder: Path) -> None:
        ((stored,), _) = self.compress(folder, 10)
        assert [region.filter for region in stored.regions].count(Filter.BCJ) >= 1
        assert all(region.offset >= 770 for region in stored.regions)
        assert stored.regions[-1].offset + stored.regions[-1].size <= stored.raw_size

    def test_are_divided_with_the_file(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ((undivided,), _) = self.compress(folder, 10)
        monkeypatch.setattr(chunk_plan, "CHUNK_BYTES", 5000)
        parts, _ = self.compress(folder, 10)
        assert len(parts) > 2
        for part in parts:
            assert all(region.offset + region.size <= part.raw_size for region in part.regions)
        divided = [region for part in parts for region in part.regions]
        assert self.divisible_bytes(divided) == self.divisible_bytes(undivided.regions)
        assert INDIVISIBLE & {region.filter for region in undivided.regions}

    def test_indivisible_regions_are_complete_or_missing(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ((undivided,), _) = self.compress(folder, 10)
        (table,) = (region for region in undivided.regions if region.filter == Filter.EH_FRAME)
        monkeypatch.setattr(chunk_plan, "CHUNK_BYTES", 5000)
        parts, _ = self.compress(folder, 10)
        kept = [region for part in parts for region in part.regions if region.filter == Filter.EH_FRAME]
        assert all(region.size == table.size for region in kept)
        monkeypatch.setattr(chunk_plan, "CHUNK_BYTES", table.size - 1)
        parts, _ = self.compress(folder, 10)
        assert not any(region.filter == Filter.EH_FRAME for part in parts for region in part.regions)

    def test_low_levels_have_no_regions(self, folder: Path) -> None:
        ((stored,), _) = self.compress(folder, codec.FILTERED_LEVEL - 1)
        assert stored.regions == ()

    def test_level_and_filters_are_part_of_the_cache_key(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cache = tmp_path / "cache"
        assert self.compress(folder, 10, cache)[1] == 0
        assert self.compress(folder, 10, cache)[1] == 1
        assert self.compress(folder, 9, cache)[1] == 0
        monkeypatch.setattr(regions, "find_regions", lambda _path: ())
        assert self.compress(folder, 10, cache)[1] == 0


def test_precompressed_chunks_are_not_compressed_again(tmp_path: Path) -> None:
    """Some chunks are done by then, some in progress, some not begun; each is compressed once."""
    (tmp_path / "folder" / "lib").mkdir(parents=True)
    for number in range(40):
        (tmp_path / "folder" / "lib" / str(number)).write_bytes(bytes([number]) * 300000)
    plan = [[FileSlice(f"lib/{number}", 0, 300000)] for number in range(40)]
    expected = list(ChunkCompressor(10, 2, None).compress(tmp_path / "folder", plan))
    compressor = ChunkCompressor(10, 2, tmp_path / "cache")
    compressed: list[bytes] = []
    compress, fifth = codec.compress, Event()

    def record(data: bytes, level: int) -> bytes:
        compressed.append(data)
        if len(compressed) == 5:
            fifth.set()
        return compress(data, level)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "compress", record)
        with compressor.precompress() as submit:
            submit(tmp_path / "folder", plan)
            assert fifth.wait(60)
        result = list(compressor.compress(tmp_path / "folder", plan))
    assert result == expected
    assert len(compressed) == len(set(compressed)) == 40
    assert compressor.cache_hits >= 3


def test_file_that_became_shorter_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"short")
    with pytest.raises(PackageError, match="file changed while it was packed"):
        list(ChunkCompressor(1, 1, None).compress(tmp_path, [[FileSlice("file", 0, 6)]]))
