from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from tf2exe.knowledge.options import read_compression
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.package.stage import create_compressor, create_package
from tf2exe.system.file_tree import FileDigest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

    Project = Callable[..., Application]


def test_standalone_package_is_the_folder_with_a_manifest(project: Project, tmp_path: Path) -> None:
    application = project({"run.py": ""}, entry="run.py", mode="standalone")
    folder = application.build / "folder"
    (folder / "lib").mkdir(parents=True)
    (folder / "run").write_text("new")
    (folder / "lib" / "a.txt").write_text("aa")
    packed = create_package(
        application,
        folder,
        None,
        compressor=ChunkCompressor(1, 1, None),
        log=tmp_path / "log",
        on_progress=lambda _done, _total: None,
    )
    assert [(file.path, file.size) for file in packed.files] == [("run", 3), ("lib/a.txt", 2)]
    assert packed.files[1].sha256 == hashlib.sha256(b"aa").hexdigest()
    assert (packed.mode, packed.size, packed.path) == ("standalone", 5, folder)
    manifest = (application.build / "manifest.json").read_text()
    assert packed.sha256 == hashlib.sha256(manifest.encode()).hexdigest()
    assert [file["path"] for file in json.loads(manifest)["files"]] == ["run", "lib/a.txt"]


def test_known_digests_are_not_computed_again(project: Project, tmp_path: Path) -> None:
    application = project({"run.py": ""}, entry="run.py", mode="standalone")
    folder = application.build / "folder"
    folder.mkdir(parents=True)
    (folder / "run").write_text("new")
    packed = create_package(
        application,
        folder,
        None,
        known=[FileDigest("run", 3, "known"), FileDigest("deleted", 3, "old")],
        compressor=ChunkCompressor(1, 1, None),
        log=tmp_path / "log",
        on_progress=lambda _done, _total: None,
    )
    assert packed.files == (FileDigest("run", 3, "known"),)


def test_onefile_package_has_the_files_of_the_folder(project: Project, tmp_path: Path) -> None:
    application = project({"run.py": ""}, entry="run.py", mode="onefile")
    folder = application.build / "folder"
    folder.mkdir(parents=True)
    (folder / application.program).write_text("program")
    (tmp_path / "launcher").write_bytes(b"launcher")
    done: list[tuple[int, int]] = []
    packed = create_package(
        application,
        folder,
        tmp_path / "launcher",
        compressor=ChunkCompressor(1, 1, None),
        log=tmp_path / "log",
        on_progress=lambda count, total: done.append((count, total)),
    )
    assert (packed.mode, packed.path) == ("onefile", application.build / application.program)
    content = packed.path.read_bytes()
    assert content.startswith(b"launcher")
    assert (packed.size, packed.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert [file.path for file in packed.files] == [application.program]
    assert done == [(7, 7)]


def test_compression_level_is_the_setting_or_the_default(project: Project) -> None:
    for level, expected in ((3, 3), (None, read_compression().level)):
        settings = {} if level is None else {"compression_level": level}
        application = project({"run.py": ""}, entry="run.py", **settings)
        compressor = create_compressor(application, 2)
        assert (compressor.level, compressor.jobs) == (expected, 2)
