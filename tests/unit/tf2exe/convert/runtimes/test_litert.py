"""The builder's side of LiteRT, with a substitute for the child process; tests/build has the real one."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from tests.unit.tf2exe.convert.conftest import FILES, compared, converted, destinations, measured

from tf2exe.convert.runtimes import litert
from tf2exe.errors import MachineError
from tf2exe.package import manifest
from tf2exe.package.manifest import RecordedAgreement

if TYPE_CHECKING:
    from tests.unit.tf2exe.convert.conftest import Child, Project


def test_models_are_found_among_the_data(project: Project) -> None:
    application = project(FILES, entry="run.py", runtime="litert", data=["saved", "*.*", "photos"])
    found = [[file.destination for file in group] for group in litert.find_models(application.data)]
    assert found == [
        ["saved/saved_model.pb", "saved/variables/variables.index"],
        ["model.keras"],
        ["own.tflite"],
    ]


def test_converted_models_replace_the_originals(project: Project, child: Child) -> None:
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


def test_other_data_files_are_in_the_folder_of_the_converted_models(project: Project, child: Child) -> None:
    """A program that looks for all its files in `TF2EXE_CONVERTED` finds those of the executable."""
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
        name: path.read_bytes() for name, path in found.items()
    }


def test_a_file_without_a_model_is_bundled_unchanged(project: Project, child: Child) -> None:
    child.answers["convert"] = {"no_model": True}
    application = project({**FILES, "data.h5": "numbers"}, entry="run.py", runtime="litert", data=["data.h5"])
    assert destinations(converted(application)) == ["data.h5"]


def test_a_missing_package_stops_the_build(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", none)
    with pytest.raises(MachineError, match=r"no ai-edge-litert.*pip install ai-edge-litert"):
        converted(project(FILES, entry="run.py", runtime="litert", data=["model.keras"]))


def test_equal_calls_are_compared_once(project: Project, child: Child) -> None:
    application = project(FILES, entry="run.py", runtime="litert", data=["model.keras"])
    converted_models = converted(application)
    agreement = compared(application, converted_models, child, same=4, largest=9e-6)
    assert str(agreement) == "same top-1 class in 4 of 4, largest difference 9e-06, mean 0.1"
    ((_, inputs, outputs),) = child.asked[-1][1]["calls"]
    assert (inputs[0]["offset"], outputs[0]["offset"]) == (0, 8)
    asked = len(child.asked)
    compared(application, converted_models, child)
    assert len(child.asked) == asked
    models = manifest.describe_models(converted_models, agreement)
    assert models is not None
    assert models.agreement == RecordedAgreement(
        predictions=4, tops=4, same_top=4, largest=9e-6, mean=0.1, unfed=()
    )


def test_without_calls_no_agreement_is_measured(project: Project, child: Child) -> None:
    application = project(FILES, entry="run.py", runtime="litert", data=["model.keras"])
    assert measured(application, converted(application)) is None
    assert len(child.asked) == 1


@pytest.mark.promise("build", "A converted model that no sample ran is reported.")
def test_a_model_that_no_sample_ran_is_named(project: Project, child: Child) -> None:
    files = {**FILES, "other.keras": "another"}
    application = project(files, entry="run.py", runtime="litert", data=["model.keras", "other.keras"])
    agreement = compared(application, converted(application), child)
    assert agreement is not None
    assert agreement.unfed == ("other.tflite",)
