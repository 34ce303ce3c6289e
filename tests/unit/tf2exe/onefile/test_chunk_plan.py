from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

from tf2exe.onefile import chunk_plan
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.chunk_plan import plan_chunks, plan_large_files
from tf2exe.onefile.scan import scan_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def test_every_byte_is_in_one_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_plan, "CHUNK_BYTES", 3000)
    monkeypatch.setattr(chunk_plan, "MIN_GROUP_BYTES", 700)
    rng = random.Random(1)  # noqa: S311
    sizes = [0, 1, 2999, 3000, 3001, 9000, 10000, *(rng.randrange(1200) for _ in range(60))]
    write_files(tmp_path, {f"{'lib/' * (i % 3 > 0)}{i}.x": bytes(size) for i, size in enumerate(sizes)})
    entries = scan_folder(tmp_path)
    plan = plan_chunks(tmp_path, entries)
    assert all(sum(part.size for part in chunk) <= 3000 for chunk in plan)
    ends: dict[str, int] = {}
    for part in (part for chunk in plan for part in chunk):
        assert part.offset == ends.get(part.path, 0)
        ends[part.path] = part.offset + part.size
    assert list(ends.items()) == [
        (entry.path, entry.size) for entry in entries if entry.is_file and entry.size
    ]


def test_additional_file_changes_few_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_plan, "SMALL_CHUNK_BYTES", 400_000)
    write_files(tmp_path, {f"lib/packages/{i:04}.txt": bytes(1000) for i in range(2000)})
    before = plan_chunks(tmp_path, scan_folder(tmp_path))
    write_files(tmp_path, {"lib/packages/0003a.txt": bytes(1000)})
    after = plan_chunks(tmp_path, scan_folder(tmp_path))
    assert len(before) > 5
    assert sum(chunk not in before for chunk in after) <= 2


def test_bundled_files_and_the_application_have_separate_chunks(tmp_path: Path) -> None:
    write_files(tmp_path, {"lib/packages/a.txt": b"bundled", "lib/tf2exe/b.txt": b"own", "c.txt": b"own"})
    plan = plan_chunks(tmp_path, scan_folder(tmp_path))
    paths = [[part.path for part in chunk] for chunk in plan]
    assert paths == [["lib/packages/a.txt"], ["c.txt", "lib/tf2exe/b.txt"]]


def test_small_stream_has_small_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So there are enough of them for all threads."""
    monkeypatch.setattr(chunk_plan, "CHUNK_BYTES", 4000)
    monkeypatch.setattr(chunk_plan, "SMALL_CHUNK_BYTES", 1000)
    write_files(tmp_path, {"large": bytes(8000)})
    sizes = []
    for threshold in (8000, 8001):
        monkeypatch.setattr(chunk_plan, "LARGE_STREAM_BYTES", threshold)
        plan = plan_chunks(tmp_path, scan_folder(tmp_path))
        sizes.append([part.size for chunk in plan for part in chunk])
    assert sizes == [[4000] * 2, [1000] * 8]


def test_large_files_have_the_same_chunks_before_the_rest_is_known(tmp_path: Path) -> None:
    folder, cache = tmp_path / "folder", tmp_path / "cache"
    small, large = os.urandom(100_000), os.urandom(chunk_plan.SMALL_CHUNK_BYTES + 5)
    models = {"assets/small.tflite": small, "assets/weights.tflite": large}
    write_files(folder, {"lib/a.py": b"pass\n" * 1000, **models})
    entries = scan_folder(folder)
    paths = [folder / path for path in models]
    plan = plan_large_files(paths, sum(entry.size for entry in entries))
    assert [part.path for (part,) in plan] == [str(paths[1])] * 2
    compressor = ChunkCompressor(1, 1, cache)
    list(compressor.compress(tmp_path, plan))
    list(compressor.compress(folder, plan_chunks(folder, entries)))
    assert compressor.cache_hits == len(plan)
