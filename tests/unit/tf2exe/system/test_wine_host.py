"""What a builder in Wine hands to the machine around it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.system import wine_host

if TYPE_CHECKING:
    import pytest


def test_paths_become_those_of_the_machine() -> None:
    given = {
        "a": "Z:\\some where\\ä.keras",
        "b": ["z:/x", {"c": "float32"}],
        "d": 3,
        "e": "C:\\x",
        "f": "Z:x",
    }
    expected = {"a": "/some where/ä.keras", "b": ["/x", {"c": "float32"}], "d": 3, "e": "C:\\x", "f": "Z:x"}
    assert wine_host.unix_paths(given) == expected


def test_outside_wine_nothing_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(wine_host.PROGRAM_VARIABLE, raising=False)
    assert wine_host.module_command("tf2exe.convert.runtimes.litert_child", "/src") is None


def test_the_machine_s_python_runs_a_module_of_this_builder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`env` in the place of native.exe: both run what follows."""
    monkeypatch.setenv(wine_host.PROGRAM_VARIABLE, "env")
    monkeypatch.setenv(wine_host.PYTHON_VARIABLE, sys.executable)
    source = Path(wine_host.__file__).resolve().parents[1]
    command = wine_host.module_command("tf2exe.convert.runtimes.litert_child", str(source))
    assert command
    asked = tmp_path / "request.json"
    asked.write_text(
        json.dumps({"do": "version", "model": {"names": ["nowhere", "numpy"]}}), encoding="utf-8"
    )
    subprocess.run([*command, str(asked), str(tmp_path / "answer.json")], check=True, cwd=tmp_path)
    assert json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))["version"].startswith("numpy ")
