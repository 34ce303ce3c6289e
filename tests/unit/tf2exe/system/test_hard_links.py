from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tf2exe.system import hard_links

if TYPE_CHECKING:
    from pathlib import Path


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else "/"
        for path in folder.rglob("*")
    }


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "lib" / "deep").mkdir(parents=True)
    (folder / "empty").mkdir()
    for name in ("run", "lib/a", "lib/deep/b"):
        (folder / name).write_text(name)
    (folder / "run").chmod(0o755)
    return folder


def test_a_mirror_holds_the_same_files_once(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "somewhere" / "target"
    hard_links.mirror(source, target)
    assert tree(target) == tree(source)
    assert (target / "lib" / "deep" / "b").samefile(source / "lib" / "deep" / "b")


def test_only_what_differs_is_replaced(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    hard_links.mirror(source, target)
    kept = (target / "lib").stat().st_mtime_ns
    (target / "old").mkdir()
    (target / "old" / "file").write_text("old")
    (target / "run").unlink()
    (target / "run").write_text("changed by hand")
    (target / "empty").rmdir()
    (target / "empty").write_text("a file where a folder was")
    hard_links.mirror(source, target)
    assert tree(target) == tree(source)
    assert (target / "lib").stat().st_mtime_ns == kept


def test_a_file_becomes_a_folder_and_the_other_way(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (target / "run").mkdir(parents=True)
    (target / "run" / "inner").write_text("")
    (target / "lib").write_text("")
    hard_links.mirror(source, target)
    assert tree(target) == tree(source)


def test_where_there_are_no_links_files_are_copied_with_their_permissions(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "target"
    hard_links.mirror(source, target)
    assert tree(target) == tree(source)
    assert not (target / "run").samefile(source / "run")
    assert os.access(target / "run", os.X_OK)


def test_what_is_copied_is_copied_again(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of files mean nothing on another file system."""
    target = tmp_path / "target"
    hard_links.mirror(source, target)
    monkeypatch.setattr(hard_links, "on_same_file_system", lambda _one, _other: False)
    before = (target / "run").stat().st_ctime_ns
    hard_links.mirror(source, target)
    assert (target / "run").stat().st_ctime_ns != before


def test_a_link_to_a_folder_is_removed_and_not_what_it_points_to(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("precious")
    (target / "lib").symlink_to(precious)
    hard_links.mirror(source, target)
    assert tree(target) == tree(source)
    assert (precious / "file").read_text() == "precious"
