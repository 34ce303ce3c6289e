from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

import pytest

from tf2exe.assemble import layer_record
from tf2exe.system.file_tree import FileDigest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lib" / "packages").mkdir(parents=True)
    (tmp_path / "lib" / "packages" / "a.py").write_text("a = 1\n")
    (tmp_path / "lib" / "b.txt").write_text("b")
    return tmp_path


def test_what_is_written_is_read(folder: Path) -> None:
    written = layer_record.write_record(folder, ("lib/x.py",))
    assert written.files == (
        FileDigest("lib/b.txt", 1, hashlib.sha256(b"b").hexdigest()),
        FileDigest("lib/packages/a.py", 6, hashlib.sha256(b"a = 1\n").hexdigest()),
    )
    read = layer_record.read_layer(folder)
    assert read is not None
    assert (read.reused, written.reused) == (True, False)
    assert (read.files, read.unmatched, read.minimum_glibc) == (written.files, ("lib/x.py",), "")


def rewrite(folder: Path) -> None:
    (folder / "lib" / "b.txt").write_text("c")


def lengthen(folder: Path) -> None:
    path = folder / "lib" / "b.txt"
    before = path.stat()
    path.write_text("longer")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def lock(folder: Path) -> None:
    (folder / "lib" / "b.txt").chmod(0o600)


def remove(folder: Path) -> None:
    (folder / "lib" / "packages" / "a.py").unlink()


def add(folder: Path) -> None:
    (folder / "lib" / "packages" / "c.py").write_text("")


def cut(folder: Path) -> None:
    mark = folder / layer_record.RECORD_NAME
    mark.write_text(mark.read_text()[:-20])


def other(folder: Path) -> None:
    (folder / layer_record.RECORD_NAME).write_text(json.dumps({"files": []}))


@pytest.mark.parametrize("change", [rewrite, lengthen, lock, remove, add, cut, other])
def test_a_layer_that_was_changed_is_not_used(folder: Path, change: object) -> None:
    layer_record.write_record(folder, ())
    assert callable(change)
    change(folder)
    assert layer_record.read_layer(folder) is None


def test_without_a_mark_it_is_not_complete(folder: Path) -> None:
    assert layer_record.read_layer(folder) is None


def test_reading_is_using(folder: Path) -> None:
    layer_record.write_record(folder, ())
    os.utime(folder / layer_record.RECORD_NAME, (1, 1))
    assert layer_record.last_used(folder) == 1
    layer_record.read_layer(folder)
    assert layer_record.last_used(folder) > 1
