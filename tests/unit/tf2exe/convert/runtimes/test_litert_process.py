from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest

from tf2exe.convert.runtimes import litert_process
from tf2exe.errors import ConversionError, MachineError
from tf2exe.system import wine_host


def test_the_real_child_process_checks_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")
    (tmp_path / "no.tflite").write_bytes(b"nothing")
    monkeypatch.setenv("PYTHONPATH", "")
    request = {"target": str(tmp_path / "no.tflite")}
    answer = litert_process.run_child("check", request, tmp_path, tmp_path / "log")
    assert answer["operations"] == []
    assert answer["error"]
    assert not answer["loaded"]
    assert "litert_child" in (tmp_path / "log").read_text(encoding="utf-8")


def test_a_child_process_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="see the log"):
        litert_process.run_child("no such task", {}, tmp_path, tmp_path / "log")
    assert "KeyError" in (tmp_path / "log").read_text(encoding="utf-8")


def test_the_first_installed_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name != "second":
            raise metadata.PackageNotFoundError(name)
        return "2.0"

    monkeypatch.setattr(metadata, "version", version)
    assert litert_process.installed_version("first", "second", "third") == "second 2.0"
    with pytest.raises(MachineError, match=r"no first.*pip install third"):
        litert_process.installed_version("first", "third")


def test_in_wine_the_python_of_the_host_converts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> None:
        assert command[:2] == ["host", "python"]
        asked = json.loads(Path(command[2]).read_text(encoding="utf-8"))
        assert asked == {"do": "version", "model": {"names": ["unix path"]}}
        Path(command[3]).write_text('{"version": "tensorflow 1"}', encoding="utf-8")

    monkeypatch.setattr(wine_host, "module_command", lambda _module, _folder: ["host", "python"])
    monkeypatch.setattr(wine_host, "unix_paths", lambda _request: {"names": ["unix path"]})
    monkeypatch.setattr(litert_process, "run_logged", run)
    assert litert_process.converter_version(tmp_path, tmp_path / "log") == "tensorflow 1"
