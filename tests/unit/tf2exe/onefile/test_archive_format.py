"""The format of a onefile, on both of its sides."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import PackageError
from tf2exe.launchers import sources
from tf2exe.onefile import archive_format, chunks, filters, pack
from tf2exe.onefile.chunks import Chunks

if TYPE_CHECKING:
    from pathlib import Path

    from launcher_bench import Bench


def test_both_sides_have_the_same_constants() -> None:
    files = (
        "onefile/payload.c",
        "onefile/index.c",
        "onefile/paths.h",
        "onefile/payload.h",
        "onefile/filter.h",
        "onefile/blake2b.h",
    )
    code = "".join((sources.FOLDER / name).read_text() for name in files)
    names = "FORMAT_VERSION|(?:FOOTER|HEADER|REGION|ENTRY|MAGIC|HASH)_SIZE|LARGEST_(?:PATH|NAME|ROW)"
    found = {
        name: int(value) for name, value in re.findall(rf"\b({names}|KIND_\w+|FILTER_\w+) = (\d+)", code)
    }
    assert found == {
        "FORMAT_VERSION": archive_format.VERSION,
        "FOOTER_SIZE": archive_format.FOOTER.size,
        "HEADER_SIZE": archive_format.HEADER.size,
        "REGION_SIZE": archive_format.REGION.size,
        "ENTRY_SIZE": archive_format.ENTRY.size,
        "MAGIC_SIZE": len(archive_format.MAGIC),
        "LARGEST_PATH": archive_format.LONGEST_PATH,
        "LARGEST_NAME": archive_format.LONGEST_NAME,
        "LARGEST_ROW": filters.LONGEST_ROW,
        "HASH_SIZE": archive_format.HASH_SIZE,
        **{f"KIND_{kind.name}": kind.value for kind in archive_format.Kind},
        **{f"FILTER_{kind.name}": kind.value for kind in filters.Filter},
    }
    assert "CHUNK_SIZE = 12 + HASH_SIZE" in code
    assert archive_format.CHUNK.size == 12 + archive_format.HASH_SIZE
    assert r'"\x89tf2exe\n"' in code


class TestPack:
    def test_same_folder_gives_same_bytes(self, bench: Bench, tmp_path: Path) -> None:
        first = bench.make(bench.root / "large", tmp_path / "a", tmp_path / "chunks")
        second = bench.make(bench.root / "large", tmp_path / "b", tmp_path / "chunks")
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
        assert first.cached_chunks < first.chunks
        assert second.cached_chunks == second.chunks > 4
        assert second.raw_size > 80 << 20

    def test_damaged_cache_of_chunks_is_not_believed(self, bench: Bench, tmp_path: Path) -> None:
        first = bench.make(bench.root / "small", tmp_path / "a", tmp_path / "chunks")
        for kept in (tmp_path / "chunks").iterdir():
            kept.write_bytes(kept.read_bytes()[:-1] + b"x")
        second = bench.make(bench.root / "small", tmp_path / "b", tmp_path / "chunks")
        assert second.cached_chunks == 0
        assert second.sha256 == first.sha256

    def test_least_recently_used_chunks_go(
        self, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chunks, "CACHE_BYTES", 20000)
        (tmp_path / "chunks").mkdir()
        (tmp_path / "chunks" / "old").write_bytes(bytes(19999))
        os.utime(tmp_path / "chunks" / "old", (1, 1))
        bench.make(bench.root / "small", tmp_path / "a", tmp_path / "chunks")
        assert not (tmp_path / "chunks" / "old").exists()
        assert list((tmp_path / "chunks").iterdir())

    def test_change_of_the_application_leaves_carried_chunks_alone(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        folder = tmp_path / "folder"
        shutil.copytree(bench.root / "large", folder, symlinks=True)
        bench.make(folder, tmp_path / "a", tmp_path / "chunks")
        (folder / "main.txt").write_text("changed")
        second = bench.make(folder, tmp_path / "b", tmp_path / "chunks")
        assert second.cached_chunks == second.chunks - 1

    @pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "lib/../../outside"])
    def test_links_to_the_outside_are_refused(self, bench: Bench, tmp_path: Path, target: str) -> None:
        shutil.copytree(bench.root / "small", tmp_path / "folder", symlinks=True)
        (tmp_path / "folder" / "link").symlink_to(target)
        with pytest.raises(PackageError, match="links to"):
            bench.make(tmp_path / "folder", tmp_path / "out" / "probe")
        assert not (tmp_path / "out").exists()

    def test_failure_leaves_nothing(self, bench: Bench, tmp_path: Path) -> None:
        def break_off(_done: int, _total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            pack.pack(
                bench.root / "small",
                entry="probe",
                launcher=bench.root / "launcher",
                output=tmp_path / "probe",
                chunks=Chunks(3, 1, None),
                on_progress=break_off,
            )
        assert list(tmp_path.iterdir()) == []

    def test_missing_start_is_an_error(self, bench: Bench, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        with pytest.raises(PackageError, match="probe cannot be started"):
            bench.make(tmp_path / "folder", tmp_path / "probe")


def test_hash_is_blake2b(tmp_path: Path) -> None:
    code = '#include "blake2b.h"\n#include <stdio.h>\nint main(void){static unsigned char b[400],h[16];'
    code += "for(int i=0;i<400;i++)b[i]=(unsigned char)i;for(int n=0;n<400;n++){hash_bytes(b,(size_t)n,h);"
    code += 'for(int i=0;i<16;i++)printf("%02x",h[i]);puts("");}}'
    (tmp_path / "hash.c").write_text(code)
    folder = sources.FOLDER
    files = [tmp_path / "hash.c", folder / "onefile/blake2b.c"]
    subprocess.run(["gcc", "-I", folder / "onefile", *files, "-o", tmp_path / "hash"], check=True)
    answer = subprocess.run([tmp_path / "hash"], capture_output=True, text=True, check=True).stdout.split()
    data = bytes(i % 256 for i in range(400))
    assert answer == [archive_format.digest(data[:length]).hex() for length in range(400)]
