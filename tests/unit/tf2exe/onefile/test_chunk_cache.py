from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from tf2exe.onefile import chunk_cache
from tf2exe.onefile.chunk_cache import STALE_SECONDS, ChunkCache

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def fail() -> bytes:
    raise AssertionError("the chunk is in the cache")


def test_chunk_is_made_once(tmp_path: Path) -> None:
    assert ChunkCache(tmp_path).get_or_make("name", lambda: b"data") == (b"data", False)
    assert ChunkCache(tmp_path).get_or_make("name", fail) == (b"data", True)


def test_damaged_chunk_is_made_again(tmp_path: Path) -> None:
    cache = ChunkCache(tmp_path)
    cache.get_or_make("name", lambda: b"data")
    content = (tmp_path / "name").read_bytes()
    for damaged in (content[:-1] + b"x", content[:-1], b""):
        (tmp_path / "name").write_bytes(damaged)
        assert cache.get_or_make("name", lambda: b"data") == (b"data", False)
        assert (tmp_path / "name").read_bytes() == content


def test_second_thread_waits_for_the_first(tmp_path: Path) -> None:
    cache, has_begun, may_end = ChunkCache(tmp_path), Event(), Event()

    def make() -> bytes:
        has_begun.set()
        assert may_end.wait(60)
        return b"data"

    with ThreadPoolExecutor(2) as executor:
        first = executor.submit(cache.get_or_make, "name", make)
        assert has_begun.wait(60)
        second = executor.submit(cache.get_or_make, "name", fail)
        assert cache.get_or_make("other", lambda: b"other") == (b"other", False)
        may_end.set()
        assert (first.result(60), second.result(60)) == ((b"data", False), (b"data", True))


def test_least_recently_used_chunks_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ChunkCache(tmp_path)
    for number, name in enumerate(("used", "old", "older")):
        cache.get_or_make(name, lambda: bytes(84))
        os.utime(tmp_path / name, (9 - number, 9 - number))
    os.utime(tmp_path / "used", (1, 1))
    cache.get_or_make("used", fail)
    monkeypatch.setattr(chunk_cache, "MAX_CACHE_BYTES", 250)
    cache.prune()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "used"]


def test_missing_cache_is_not_created(tmp_path: Path) -> None:
    """A build without a onefile needs none."""
    ChunkCache(tmp_path / "cache").prune()
    assert not (tmp_path / "cache").exists()


def test_files_that_another_build_deletes_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "present").write_bytes(b"x")
    (tmp_path / "deleted").symlink_to("nowhere")  # listed, but stat finds nothing
    ChunkCache(tmp_path).prune()
    assert (tmp_path / "present").exists()


def test_temporary_files_of_killed_builds_are_deleted(tmp_path: Path) -> None:
    for name in (".new.partial", ".old.partial", "old"):
        (tmp_path / name).write_bytes(b"x")
    for name in (".old.partial", "old"):
        os.utime(tmp_path / name, (1, 1))
    assert STALE_SECONDS > 60
    ChunkCache(tmp_path).prune()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".new.partial", "old"]
