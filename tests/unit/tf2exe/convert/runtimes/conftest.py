"""Shared by the tests of LiteRT's conversion: an application, and a substitute for the child process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.convert import stage as convert_stage
from tf2exe.convert.runtimes import litert

if TYPE_CHECKING:
    from tf2exe.config.application import Application
    from tf2exe.convert.converted_models import ConvertedModels

Project = Callable[..., "Application"]

FILES = {
    "run.py": "",
    "model.keras": "keras",
    "photos/a.txt": "1",
    "photos/b.txt": "2",
    "test.txt": "3",
    "saved/saved_model.pb": "graph",
    "saved/variables/variables.index": "index",
    "own.tflite": "TFL3",
    "notes.txt": "",
}


class Child:
    """Answers in the place of the child process and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, dict[str, Any]] = {}

    def __call__(self, do: str, model: dict[str, Any], _folder: Path, _log: Path) -> dict[str, Any]:
        self.asked.append((do, model))
        if do == "convert":
            Path(model["target"]).write_text(f"{model['source']} {model['precision']}", encoding="utf-8")
        return self.answers.get(do, {})


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Child:
    answering = Child()
    monkeypatch.setattr(litert, "_ask", answering)
    monkeypatch.setattr(litert, "_version", lambda *names: f"{names[0]} 1")
    return answering


def converted(application: Application) -> ConvertedModels:
    application.build.mkdir(parents=True, exist_ok=True)
    found = convert_stage.convert(application, log=application.build / "log", on_step=lambda _: None)
    assert found is not None
    return found


def destinations(models: ConvertedModels) -> list[str]:
    return sorted(file.destination for file in models.data)
