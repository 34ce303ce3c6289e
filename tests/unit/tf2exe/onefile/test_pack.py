from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import pytest
import zstandard

from tf2exe.errors import PackageError
from tf2exe.onefile import archive_format
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.pack import pack_onefile

if TYPE_CHECKING:
    from pathlib import Path

    from launcher_bench import Bench


def test_packing_is_reproducible(bench: Bench, tmp_path: Path) -> None:
    first = bench.make(bench.root / "large", tmp_path / "a", tmp_path / "chunks")
    second = bench.make(bench.root / "large", tmp_path / "b", tmp_path / "chunks")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert first.cached_chunks < first.chunks
    assert second.cached_chunks == second.chunks > 4
    assert second.raw_size > 80 << 20


def test_changed_application_reuses_chunks_of_bundled_files(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(bench.root / "large", folder, symlinks=True)
    bench.make(folder, tmp_path / "a", tmp_path / "chunks")
    (folder / "main.txt").write_text("changed")
    second = bench.make(folder, tmp_path / "b", tmp_path / "chunks")
    assert second.cached_chunks == second.chunks - 1


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "lib/../../outside"])
def test_links_that_leave_the_folder_are_refused(bench: Bench, tmp_path: Path, target: str) -> None:
    shutil.copytree(bench.root / "small", tmp_path / "folder", symlinks=True)
    (tmp_path / "folder" / "link").symlink_to(target)
    with pytest.raises(PackageError, match="links to"):
        bench.make(tmp_path / "folder", tmp_path / "out" / "probe")
    assert not (tmp_path / "out").exists()


def test_interrupted_packing_leaves_no_file(bench: Bench, tmp_path: Path) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack_onefile(
            bench.root / "small",
            start="probe",
            launcher=bench.root / "launcher",
            output=tmp_path / "probe",
            compressor=ChunkCompressor(3, 1, None),
            on_progress=interrupt,
        )
    assert list(tmp_path.iterdir()) == []


def test_missing_executable_is_an_error(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(PackageError, match="probe cannot be started"):
        bench.make(tmp_path / "folder", tmp_path / "probe")


@pytest.mark.parametrize(
    ("start", "name"),
    [("probe", "probe"), ("probe.exe", "probe"), (".exe", "program"), ("..x", "x"), ("ü" * 60, "ü" * 50)],
)
def test_program_name_in_the_cache(tmp_path: Path, start: str, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / start).write_bytes(b"program")
    packed = pack_onefile(
        tmp_path / "folder",
        start=start,
        launcher=tmp_path / "folder" / start,
        output=tmp_path / "onefile",
        compressor=ChunkCompressor(3, 1, None),
        on_progress=lambda _done, _total: None,
    )
    content = packed.path.read_bytes()
    footer = archive_format.read_footer(io.BytesIO(content))
    assert footer is not None
    assert footer.index_hash.hex() == packed.identity
    stored = content[footer.index_offset : footer.index_offset + footer.index_size]
    index = archive_format.decode_index(zstandard.decompress(stored))
    assert (index.name, index.start) == (name, start)
    assert [entry.kind for entry in index.entries] == [archive_format.EntryKind.EXECUTABLE]
