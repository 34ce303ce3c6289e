"""An application with models, and a substitute for the child process of LiteRT."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.convert.runtimes import litert_process
from tf2exe.convert.stage import convert_models, measure_agreement

if TYPE_CHECKING:
    from tf2exe.config.application import Application
    from tf2exe.convert.converted_models import Agreement, ConvertedModels

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
    """Answers in place of the child process, and keeps the requests."""

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
    monkeypatch.setattr(litert_process, "run_child", answering)
    monkeypatch.setattr(litert_process, "installed_version", lambda *names: f"{names[0]} 1")
    return answering


def converted(application: Application) -> ConvertedModels:
    application.build.mkdir(parents=True, exist_ok=True)
    found = convert_models(application, log=application.build / "log", on_step=lambda _: None)
    assert found is not None
    return found


def destinations(models: ConvertedModels) -> list[str]:
    return sorted(file.destination for file in models.data)


def measured(application: Application, models: ConvertedModels) -> Agreement | None:
    log = application.build / "log"
    return measure_agreement(application, models, log=log, on_step=lambda _step: None)


def compared(
    application: Application, models: ConvertedModels, child: Child, **found: float
) -> Agreement | None:
    calls = application.build / "trace" / "calls"
    calls.mkdir(parents=True, exist_ok=True)
    model = models.models[0].file
    (calls / "call-1-0001.numbers").write_bytes(b"1234567890ab")
    arrays = [[("x", "<f4", (1, 2))], [("y", "<f4", (1, 1))]]
    (calls / "call-1-0001.call").write_text(ascii((str(model), "serving_default", *arrays)), encoding="ascii")
    child.answers["compare"] = {
        "predictions": 4,
        "tops": 4,
        "same": 4,
        "sum": 1.0,
        "values": 10,
        "largest": 0.0,
    }
    child.answers["compare"] |= found
    return measured(application, models)
