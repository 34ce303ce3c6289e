"""Documents of a build: what is written is read, and nothing else is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tf2exe import layout
from tf2exe.config import build_info
from tf2exe.config.build_info import BuildInfo
from tf2exe.errors import ConfigurationError
from tf2exe.package import manifest
from tf2exe.package.manifest import Manifest
from tf2exe.system.document import DocumentError
from tf2exe.system.file_tree import FileDigest

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.report.stage import Report

MANIFEST = manifest.make_manifest([FileDigest("run", 3, "a0"), FileDigest("lib/\udcff.txt", 4, "b1")], None)
"""With a name that is not UTF-8, as Linux allows."""


def test_what_is_written_is_read(tmp_path: Path, report: Report) -> None:
    for document in (report, MANIFEST, BuildInfo(name="run", sourceless=("a",), models={"m": "00"})):
        text = document.write(tmp_path / "document.json")
        assert type(document).read(tmp_path / "document.json") == document
        assert json.loads(text)["format"] == document.format


def test_the_keys_of_report_json(report: Report) -> None:
    """Others read the file, too: a changed key needs another format number."""
    written = json.loads(report.text())
    assert written["format"] == 2
    assert list(written) == [
        "format", "name", "entry", "date", "executable", "mode", "runtime", "models", "target", "size",
        "files", "sha256", "minimum_glibc", "seconds", "versions", "compiler", "compiled", "reused_layer",
        "unmatched_patches", "settings", "version_info", "parity",
    ]  # fmt: skip
    assert list(written["version_info"]) == ["company", "product", "version", "copyright", "description"]
    assert list(written["parity"]["samples"][0]) == [
        "name", "same", "masked", "python_seconds", "executable_seconds",
    ]  # fmt: skip


def test_the_keys_of_manifest_json() -> None:
    written = json.loads(MANIFEST.text())
    assert written == {
        "format": 1,
        "models": None,
        "files": [
            {"path": "run", "size": 3, "sha256": "a0"},
            {"path": "lib/\udcff.txt", "size": 4, "sha256": "b1"},
        ],
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is not JSON"),
        ('{"format": 1', "is not JSON"),
        ("[]", "has another format"),
        ('{"format": 2, "models": null, "files": []}', "has another format: format"),
        ('{"format": 1, "models": null}', "has another format: files: Field required"),
        ('{"format": 1, "models": null, "files": [{"path": "a"}]}', "has another format: files.0.size"),
    ],
)
def test_another_document_is_refused(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(DocumentError, match=f"^manifest.json {why}"):
        Manifest.read(tmp_path / "manifest.json")


def test_a_file_that_is_missing_is_another_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Manifest.read(tmp_path / "manifest.json")


class TestBuildInfo:
    def test_of_an_executable(self, tmp_path: Path) -> None:
        assert build_info.find(tmp_path) is None
        (tmp_path / "lib" / "tf2exe").mkdir(parents=True)
        info = BuildInfo(name="run", sourceless=())
        info.write(tmp_path / layout.BUILD_INFO)
        assert build_info.find(tmp_path) == info

    def test_of_an_older_build(self, tmp_path: Path) -> None:
        (tmp_path / "lib" / "tf2exe").mkdir(parents=True)
        (tmp_path / layout.BUILD_INFO).write_text('{"format": 1, "name": "run", "sourceless": ["<program>"]}')
        assert build_info.find(tmp_path) == BuildInfo(name="run", sourceless=("<program>",))

    def test_that_is_damaged(self, tmp_path: Path) -> None:
        (tmp_path / "lib" / "tf2exe").mkdir(parents=True)
        (tmp_path / layout.BUILD_INFO).write_text('{"format": 1}')
        with pytest.raises(ConfigurationError, match=r"is damaged: parity\.json has another format: name"):
            build_info.find(tmp_path)
