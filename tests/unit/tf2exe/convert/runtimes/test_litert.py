"""The builder's side of LiteRT; what TensorFlow and LiteRT do in the child process, tests/build shows."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.tf2exe.convert.runtimes.conftest import FILES, converted, destinations

from tf2exe.convert import stage as convert_stage
from tf2exe.convert.runtimes import litert
from tf2exe.errors import ConfigurationError, MachineError
from tf2exe.knowledge import runtimes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tf2exe.convert.runtimes.conftest import Child, Project


def test_models_are_found_among_the_data(project: Project) -> None:
    application = project(FILES, entry="run.py", runtime="litert", data=["saved", "*.*", "photos"])
    found = [[file.destination for file in group] for group in litert.models(application.data)]
    assert found == [
        ["saved/saved_model.pb", "saved/variables/variables.index"],
        ["model.keras"],
        ["own.tflite"],
    ]


def test_converted_models_take_the_place_of_the_originals(project: Project, child: Child) -> None:
    data = ["saved=deep/er", "model.keras=here/model.keras", "own.tflite", "notes.txt"]
    application = project(FILES, entry="run.py", runtime="litert", data=data, precision="float16")
    models = converted(application)
    assert destinations(models) == ["deep/er.tflite", "here/model.tflite", "notes.txt", "own.tflite"]
    assert [do for do, _ in child.asked] == ["check", "convert", "convert"]
    assert (models.runtime, models.precision, models.by) == ("litert", "float16", "tensorflow 1")
    own, saved, keras = models.models
    assert (own.saved_model, own.replaces) == (None, ())
    assert saved.saved_model == application.project / "saved"
    assert keras.file == models.folder / "here" / "model.tflite"
    assert keras.file.read_text(encoding="utf-8").endswith("model.keras float16")
    reason = next(file.reason for file in models.data if file.destination == "here/model.tflite")
    assert reason == "model.keras, converted by tensorflow 1 for litert, float16"


def test_data_lies_beside_the_converted_models(project: Project, child: Child) -> None:
    """A program that looks for everything in `TF2EXE_CONVERTED` finds all that the executable will have."""
    data = ["model.keras=here/model.keras", "own.tflite", "photos=photos", "saved"]
    models = converted(project(FILES, entry="run.py", runtime="litert", data=data))
    assert child.asked
    folder = models.folder
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert sorted(found) == [
        "here/model.tflite",
        "own.tflite",
        "photos/a.txt",
        "photos/b.txt",
        "saved.tflite",
    ]
    assert {file.destination: file.source.read_bytes() for file in models.data} == {
        place: path.read_bytes() for place, path in found.items()
    }


def test_the_users_own_models_stay_as_they_are(project: Project, child: Child) -> None:
    """Also where another one is converted to the same place, before that is refused."""
    files = {**FILES, "model.tflite": "TFL3 of the user"}
    application = project(files, entry="run.py", runtime="litert", data=["model.keras", "model.tflite"])
    with pytest.raises(ConfigurationError, match="two models have the same destination"):
        converted(application)
    assert child.asked
    assert (application.project / "model.tflite").read_text(encoding="utf-8") == "TFL3 of the user"


def test_a_conversion_is_kept_until_the_model_changes(project: Project, child: Child) -> None:
    def build(content: str, precision: str = "float32") -> int:
        files = {**FILES, "model.keras": content}
        given = {"entry": "run.py", "runtime": "litert", "data": ["model.keras"], "precision": precision}
        converted(project(files, **given))
        return len(child.asked)

    assert [build("a"), build("a"), build("b"), build("a"), build("a", "dynamic")] == [1, 1, 2, 2, 3]


def test_a_file_that_is_no_model_stays_as_it_is(project: Project, child: Child) -> None:
    child.answers["convert"] = {"no_model": True}
    application = project({**FILES, "data.h5": "numbers"}, entry="run.py", runtime="litert", data=["data.h5"])
    assert destinations(converted(application)) == ["data.h5"]


def test_two_models_for_one_place(project: Project, child: Child) -> None:
    application = project(
        {**FILES, "model.tflite": "TFL3"},
        entry="run.py",
        runtime="litert",
        data=["model.keras", "model.tflite"],
    )
    with pytest.raises(ConfigurationError, match=r"two models have the same destination 'model\.tflite'"):
        converted(application)
    assert child.asked


def test_a_package_that_is_missing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", none)
    with pytest.raises(MachineError, match=r"no ai-edge-litert.*pip install ai-edge-litert"):
        converted(project(FILES, entry="run.py", runtime="litert", data=["model.keras"]))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"precision": "int8", "runtime": "litert"}, "int8 needs calibration"),
        ({"precision": "dynamic"}, "dynamic requires another runtime.*--runtime litert"),
    ],
)
def test_settings_that_contradict_each_other(project: Project, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        convert_stage.needed(project(FILES, entry="run.py", **given))


def test_nothing_to_do(project: Project) -> None:
    assert not convert_stage.needed(project(FILES, entry="run.py", data=["model.keras"]))
    assert not convert_stage.needed(project(FILES, entry="run.py", runtime="litert", data=["notes.txt"]))
    assert convert_stage.needed(project(FILES, entry="run.py", runtime="litert", data=["model.keras"]))


def test_the_precisions_of_litert() -> None:
    assert {p.name for p in runtimes.read_rules("litert").precisions} == {
        "float32",
        "float16",
        "dynamic",
        "int8",
    }


def test_the_child_process_speaks_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one, asked about a file that is no model."""
    pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")
    (tmp_path / "no.tflite").write_bytes(b"nothing")
    monkeypatch.setenv("PYTHONPATH", "")
    asked = {"target": str(tmp_path / "no.tflite")}
    answer = litert._ask("check", asked, tmp_path, tmp_path / "log")  # noqa: SLF001 - the door to the child
    assert answer["operations"] == []
    assert answer["error"]
    assert not answer["loaded"]
    assert "litert_child" in (tmp_path / "log").read_text(encoding="utf-8")
