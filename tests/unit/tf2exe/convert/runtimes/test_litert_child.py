from __future__ import annotations

import json
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.convert.runtimes import litert_child

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path, task: str, model: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    request, answer = folder / "request.json", folder / "answer.json"
    request.write_text(json.dumps({"do": task, "model": model}), encoding="utf-8")
    assert litert_child.main(request, answer) == 0
    return json.loads(answer.read_text(encoding="utf-8"))


def test_a_task_is_run_with_its_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(litert_child.TASKS, "check", lambda model: {"got": model})
    assert run(tmp_path, "check", {"target": "m.tflite"}) == {"got": {"target": "m.tflite"}}


def test_the_version_of_the_first_installed_distribution(tmp_path: Path) -> None:
    found = run(tmp_path, "version", {"names": ["not-installed-at-all", "pytest"]})
    assert found == {"version": f"pytest {metadata.version('pytest')}"}


def test_no_distribution_is_installed() -> None:
    with pytest.raises(SystemExit, match="none of not-installed-at-all is installed"):
        litert_child.find_version({"names": ["not-installed-at-all"]})
