from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import InspectionError
from tf2exe.onefile import chunk_plan, reader
from tf2exe.onefile.archive_format import FOOTER, MAGIC
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.pack import pack_onefile

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.onefile.reader import Archive

FILES = {
    "program": b"program" * 50,
    "lib/a.txt": random.Random(1).randbytes(40_000),  # noqa: S311
    "lib/empty.txt": b"",
    "lib/b.txt": random.Random(2).randbytes(999),  # noqa: S311
}


@pytest.fixture
def onefile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A onefile with more chunks than the reader keeps in memory."""
    monkeypatch.setattr(chunk_plan, "CHUNK_BYTES", 5000)
    for path, content in FILES.items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_bytes(content)
    return pack_onefile(
        tmp_path / "folder",
        start="program",
        launcher=tmp_path / "folder" / "program",
        output=tmp_path / "onefile",
        compressor=ChunkCompressor(10, 1, None),
        on_progress=lambda _done, _total: None,
    ).path


def read_archive(path: Path) -> Archive | None:
    with path.open("rb") as file:
        archive = reader.read_archive(file, path)
        if archive is not None:
            reader.verify_chunks(file, path, archive)
        return archive


def test_every_file_is_read(onefile: Path) -> None:
    archive = read_archive(onefile)
    assert archive is not None
    assert len(archive.index.chunks) > reader.MAX_CACHED_CHUNKS
    assert archive.launcher_size == len(FILES["program"])
    with onefile.open("rb") as file:
        stream = reader.RawStream(file, onefile, archive)
        contents = {
            entry.path: reader.ArchivedFile(stream, offset, entry.size).read()
            for entry, offset in archive.file_offsets()
        }
    assert contents == FILES


def test_parts_of_a_file_are_read_at_any_position(onefile: Path) -> None:
    archive = read_archive(onefile)
    assert archive is not None
    expected, rng = FILES["lib/a.txt"], random.Random(3)  # noqa: S311
    (offset,) = (offset for entry, offset in archive.file_offsets() if entry.path == "lib/a.txt")
    with onefile.open("rb") as opened:
        file = reader.ArchivedFile(reader.RawStream(opened, onefile, archive), offset, len(expected))
        for _ in range(50):
            position, size = rng.randrange(len(expected) + 10), rng.randrange(12_000)
            assert file.seek(position) == file.tell() == position
            assert file.read(size) == expected[position : position + size]
        assert file.seek(-5, os.SEEK_END) == len(expected) - 5
        assert file.seek(2, os.SEEK_CUR) == len(expected) - 3
        assert file.read() == expected[-3:]


@pytest.mark.parametrize("content", [b"", b"text", bytes(1000)])
def test_other_files_are_not_onefiles(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert read_archive(tmp_path / "file") is None


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("launcher", "its beginning does not match its checksum"),
        ("chunks", "part 1 of .* does not match its checksum"),
        ("index", "its table of contents does not match its checksum"),
        ("version", "its format is 4; use the version of tf2exe that built it"),
        ("offset", "its end does not fit the rest"),
    ],
)
def test_damaged_part_is_named(onefile: Path, part: str, message: str) -> None:
    content = bytearray(onefile.read_bytes())
    footer = len(content) - FOOTER.size
    archive = read_archive(onefile)
    assert archive is not None
    positions = {
        "launcher": 0,
        "chunks": archive.launcher_size,
        "index": footer - 1,
        "version": footer + len(MAGIC),
        "offset": footer + len(MAGIC) + 8 + 8 + 4,
    }
    content[positions[part]] ^= 1
    onefile.write_bytes(content)
    with pytest.raises(InspectionError, match=message):
        read_archive(onefile)
