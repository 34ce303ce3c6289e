from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe import layout
from tf2exe.errors import PackageError
from tf2exe.onefile.archive_format import MAX_PATH_BYTES, ArchiveEntry, EntryKind
from tf2exe.onefile.scan import is_bundled, scan_folder

if TYPE_CHECKING:
    from pathlib import Path


def write_files(folder: Path, paths: list[str]) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x")


def file_order(folder: Path) -> list[str]:
    return [entry.path for entry in scan_folder(folder) if entry.is_file]


def test_similar_files_are_adjacent(tmp_path: Path) -> None:
    names = ["a.py", "__pycache__/a.cpython-311.pyc", "b.so.1", "b.txt", "b/c.so", "b.py", "z.pyd", "z.pyc"]
    write_files(tmp_path, [*(f"lib/{name}" for name in names), "main", "a.py"])
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
    assert file_order(tmp_path) == [*(f"lib/{name}" for name in expected), "main", "a.py"]


def test_bytecode_archive_follows_its_last_source(tmp_path: Path) -> None:
    names = ["a/__init__.py", "a/b.py", "a/z.py", "b.py", "c.so"]
    archive = layout.bytecode_archive("lib/packages/a/b.py")
    write_files(tmp_path, [*(f"lib/packages/{name}" for name in names), archive])
    order = [path.rpartition("/")[2] for path in file_order(tmp_path)]
    assert order == ["__init__.py", "b.py", "packages.a.b", "z.py", "b.py", "c.so"]


def test_folders_come_first_and_links_last(tmp_path: Path) -> None:
    write_files(tmp_path, ["lib/a/b.txt"])
    (tmp_path / "empty").mkdir()
    (tmp_path / "lib" / "link").symlink_to("a/../a/b.txt")
    assert scan_folder(tmp_path) == [
        ArchiveEntry("empty", EntryKind.FOLDER),
        ArchiveEntry("lib", EntryKind.FOLDER),
        ArchiveEntry("lib/a", EntryKind.FOLDER),
        ArchiveEntry("lib/a/b.txt", EntryKind.FILE, 1),
        ArchiveEntry("lib/link", EntryKind.LINK, target="a/../a/b.txt"),
    ]


def test_bundled_files_are_those_of_python_and_packages() -> None:
    bundled = ["lib/python/os.py", "lib/packages/numpy/__init__.py", "lib/libssl.so.3"]
    others = ["lib/tf2exe/parity.json", "lib/libtf2exe_start.so", "program"]
    assert [path for path in bundled + others if is_bundled(path)] == bundled


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "../outside", "a/../../outside"])
def test_links_that_leave_the_folder_are_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(PackageError, match="link cannot be packed into a onefile: it links to"):
        scan_folder(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="creates a named pipe")
def test_named_pipes_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PackageError, match="it is not a file, folder or link"):
        scan_folder(tmp_path)


def test_long_paths_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_PATH_BYTES == 4000
    monkeypatch.setattr("tf2exe.onefile.scan.MAX_PATH_BYTES", 10)
    write_files(tmp_path, ["a" * 10])
    assert file_order(tmp_path) == ["a" * 10]
    write_files(tmp_path, ["ü" * 6])
    with pytest.raises(PackageError, match="its path is too long"):
        scan_folder(tmp_path)
