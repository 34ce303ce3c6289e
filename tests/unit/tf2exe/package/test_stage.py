from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.package.stage import create_package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

    Project = Callable[..., Application]


def test_the_manifest_of_a_folder(project: Project, tmp_path: Path) -> None:
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
