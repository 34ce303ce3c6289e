"""The raw stream, its cuts, and how chunks are compressed and kept."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from threading import Event
from typing import TYPE_CHECKING

import pytest

from tf2exe.onefile import archive_format, chunks, codec, regions, stream
from tf2exe.onefile.filters import WHOLE, Filter

if TYPE_CHECKING:
    from pathlib import Path


def fill(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def order(folder: Path) -> list[str]:
    return [entry.path for entry in stream.scan(folder) if entry.is_file]


def test_what_is_alike_stands_together(tmp_path: Path) -> None:
    names = ["a.py", "__pycache__/a.cpython-311.pyc", "b.so.1", "b.txt", "b/c.so", "b.py", "z.pyd", "z.pyc"]
    fill(tmp_path, {f"lib/{name}": b"x" for name in names} | {"main": b"x", "a.py": b"x"})
    expected = [
        "a.py",
        "__pycache__/a.cpython-311.pyc",
        "b.py",
        "z.pyc",
        "b.so.1",
        "b/c.so",
        "z.pyd",
        "b.txt",
    ]
    assert order(tmp_path) == [*(f"lib/{name}" for name in expected), "main", "a.py"]


def test_every_byte_is_in_one_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK_BYTES", 3000)
    monkeypatch.setattr(stream, "GROUP_BYTES", 700)
    chance = random.Random(1)  # noqa: S311
    sizes = [0, 1, 2999, 3000, 3001, 9000, 10000, *(chance.randrange(1200) for _ in range(60))]
    fill(tmp_path, {f"{'lib/' * (i % 3 > 0)}{i}.x": bytes(size) for i, size in enumerate(sizes)})
    entries = stream.scan(tmp_path)
    plan = stream.plan_chunks(tmp_path, entries)
    assert all(sum(piece.size for piece in chunk) <= 3000 for chunk in plan)
    behind: dict[str, int] = {}
    for piece in (piece for chunk in plan for piece in chunk):
        assert piece.offset == behind.get(piece.path, 0)
        behind[piece.path] = piece.offset + piece.size
    assert list(behind.items()) == [
        (entry.path, entry.size) for entry in entries if entry.is_file and entry.size
    ]


def test_a_small_stream_has_chunks_for_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "CHUNK_BYTES", 4000)
    monkeypatch.setattr(stream, "SMALL_CHUNK_BYTES", 1000)
    fill(tmp_path, {"large": bytes(8000)})
    sizes = []
    for large in (8000, 8001):
        monkeypatch.setattr(stream, "LARGE_BYTES", large)
        plan = stream.plan_chunks(tmp_path, stream.scan(tmp_path))
        sizes.append([piece.size for chunk in plan for piece in chunk])
    assert sizes == [[4000] * 2, [1000] * 8]


class TestLevels:
    def table(self, rows: int) -> bytes:
        """Short repetitions, which low levels do not find."""
        chance = random.Random(2)  # noqa: S311
        words = [chance.randbytes(3) for _ in range(4000)]
        return b"".join(chance.choice(words) + bytes([chance.randrange(256)]) for _ in range(rows))

    @pytest.mark.parametrize("level", range(1, 11))
    def test_each_level_gives_the_bytes_back_and_the_same_again(self, level: int) -> None:
        data = self.table(3000)
        stored = codec.compress(data, level)
        assert codec.decompress(stored, len(data)) == data
        assert codec.compress(data, level) == stored

    def test_higher_levels_are_smaller(self) -> None:
        data = self.table(100000)
        sizes = [len(codec.compress(data, level)) for level in (1, 6, 10)]
        assert sizes == sorted(sizes, reverse=True)

    @pytest.mark.parametrize("size", [1, 100, (256 << 10) - 1, (256 << 10) + 1])
    def test_small_chunks(self, size: int) -> None:
        data = self.table(70000)[:size]
        assert codec.decompress(codec.compress(data, 10), size) == data


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

    def packed(
        self, folder: Path, level: int, cache: Path | None = None
    ) -> tuple[list[archive_format.StoredChunk], int]:
        made = chunks.Chunks(level, 2, cache)
        plan = stream.plan_chunks(folder, stream.scan(folder))
        return [stored for _, stored in made.compress(folder, plan)], made.found

    def test_lie_where_the_file_lies_in_the_chunk(self, folder: Path) -> None:
        ((stored,), _) = self.packed(folder, 10)
        assert [region.filter for region in stored.regions].count(Filter.BCJ) >= 1
        assert all(region.offset >= 770 for region in stored.regions)
        assert stored.regions[-1].offset + stored.regions[-1].size <= stored.raw_size

    def test_are_cut_with_the_file(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ((whole,), _) = self.packed(folder, 10)
        monkeypatch.setattr(stream, "CHUNK_BYTES", 5000)
        parts, _ = self.packed(folder, 10)
        assert len(parts) > 2
        for part in parts:
            assert all(region.offset + region.size <= part.raw_size for region in part.regions)
        cut = sum(region.size for part in parts for region in part.regions if region.filter not in WHOLE)
        assert cut == sum(region.size for region in whole.regions if region.filter not in WHOLE)
        assert WHOLE & {region.filter for region in whole.regions}

    def test_of_a_filter_that_needs_all_of_it_are_not_cut(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ((whole,), _) = self.packed(folder, 10)
        (table,) = (region for region in whole.regions if region.filter == Filter.EH_FRAME)
        monkeypatch.setattr(stream, "CHUNK_BYTES", 5000)
        parts, _ = self.packed(folder, 10)
        kept = [region for part in parts for region in part.regions if region.filter == Filter.EH_FRAME]
        assert all(region.size == table.size for region in kept)
        monkeypatch.setattr(stream, "CHUNK_BYTES", table.size - 1)
        parts, _ = self.packed(folder, 10)
        assert not any(region.filter == Filter.EH_FRAME for part in parts for region in part.regions)

    def test_low_levels_have_none(self, folder: Path) -> None:
        ((stored,), _) = self.packed(folder, codec.FILTERED_LEVEL - 1)
        assert stored.regions == ()

    def test_filters_and_levels_are_part_of_the_key_of_the_cache(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cache = tmp_path / "cache"
        assert self.packed(folder, 10, cache)[1] == 0
        assert self.packed(folder, 10, cache)[1] == 1
        assert self.packed(folder, 9, cache)[1] == 0
        monkeypatch.setattr(regions, "regions", lambda _path: ())
        assert self.packed(folder, 10, cache)[1] == 0


def test_what_was_compressed_ahead_is_not_compressed_again(tmp_path: Path) -> None:
    """Some of it is done then, some under way, some not begun; all the same each chunk is compressed once."""
    fill(tmp_path / "folder", {f"lib/{name}": bytes([name]) * 300000 for name in range(40)})
    plan = [[stream.Piece(f"lib/{name}", 0, 300000)] for name in range(40)]
    alone = list(chunks.Chunks(10, 2, None).compress(tmp_path / "folder", plan))
    made = chunks.Chunks(10, 2, tmp_path / "cache")
    compressed: list[bytes] = []
    compress, fifth = codec.compress, Event()

    def noted(data: bytes, level: int) -> bytes:
        compressed.append(data)
        if len(compressed) == 5:
            fifth.set()
        return compress(data, level)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "compress", noted)
        with made.ahead() as begin:
            begin(tmp_path / "folder", plan)
            assert fifth.wait(60)
        both = list(made.compress(tmp_path / "folder", plan))
    assert both == alone
    assert len(compressed) == len(set(compressed)) == 40
    assert made.found >= 3


def test_a_large_file_alone_has_the_chunks_that_it_will_have_in_the_stream(tmp_path: Path) -> None:
    folder, cache = tmp_path / "folder", tmp_path / "cache"
    small, large = os.urandom(100_000), os.urandom(stream.SMALL_CHUNK_BYTES + 5)
    fill(folder, {"lib/a.py": b"pass\n" * 1000, "assets/small.tflite": small, "assets/weights.tflite": large})
    entries = stream.scan(folder)
    total = sum(entry.size for entry in entries)
    data = [folder / "assets" / name for name in ("small.tflite", "weights.tflite")]
    ahead = stream.plan_alone(data, total)
    assert [piece.path for (piece,) in ahead] == [str(data[1])] * 2
    made = chunks.Chunks(1, 1, cache)
    list(made.compress(tmp_path, ahead))
    list(made.compress(folder, stream.plan_chunks(folder, entries)))
    assert made.found == len(ahead)


def test_what_another_build_removes_meanwhile_is_passed_over(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    kept = chunks.Chunks(1, 1, cache)
    kept.prune()
    assert not cache.exists()  # a build that packs nothing needs no cache, and may have none
    cache.mkdir()
    (cache / "here").write_bytes(b"x")
    (cache / "gone").symlink_to("nowhere")  # listed, but no longer there
    kept.prune()
    assert (cache / "here").exists()


def test_what_a_killed_build_has_half_written_goes_after_a_while(tmp_path: Path) -> None:
    kept = chunks.Chunks(1, 1, tmp_path)
    for name in (".new.partial", ".old.partial", "old"):
        (tmp_path / name).write_bytes(b"x")
    for name in (".old.partial", "old"):
        os.utime(tmp_path / name, (1, 1))
    kept.prune()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".new.partial", "old"]
