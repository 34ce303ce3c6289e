from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from image_classifier import locations
from image_classifier.errors import LabelsError, ModelError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def payload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretends that the package was compiled into an executable's payload."""
    module = tmp_path / "payload" / "image_classifier" / "locations.py"
    monkeypatch.setattr(locations, "__file__", str(module))
    monkeypatch.setattr(locations, "__compiled__", object(), raising=False)
    monkeypatch.delenv("TF2EXE_EXECUTABLE", raising=False)
    return tmp_path / "payload"


def put(base: Path) -> Path:
    model = base / "assets" / "model" / "efficientnet_lite0.keras"
    model.parent.mkdir(parents=True)
    model.touch()
    (model.parent / "imagenet_labels.txt").touch()
    return model


def test_checkout_wherever_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = locations.default_model()
    put(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TF2EXE_EXECUTABLE", str(tmp_path / "program"))
    assert locations.default_model() == before
    assert before.is_file()
    assert locations.default_labels().is_file()


def test_standalone(payload: Path) -> None:
    model = put(payload)
    assert locations.default_model() == model
    assert locations.default_labels() == model.parent / "imagenet_labels.txt"
    assert locations.golden_folder() == payload / "golden"


def test_onefile_prefers_what_lies_beside_the_executable(
    payload: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = put(payload)
    monkeypatch.setenv("TF2EXE_EXECUTABLE", str(tmp_path / "beside" / "program"))
    assert locations.default_model() == inside
    beside = put(tmp_path / "beside")
    assert locations.default_model() == beside


def test_nothing_found(payload: Path) -> None:
    assert not os.path.lexists(payload)
    with pytest.raises(ModelError, match="--model"):
        locations.default_model()
    with pytest.raises(LabelsError, match="--labels"):
        locations.default_labels()


def test_the_converted_model_of_a_build_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = locations.default_model()
    monkeypatch.setenv("TF2EXE_CONVERTED", str(tmp_path))
    assert locations.default_model() == before
    converted = put(tmp_path).with_suffix(".tflite")
    converted.touch()
    assert locations.default_model() == converted


def test_an_executable_does_not_listen_to_the_builder(
    payload: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "other")
    inside = put(payload)
    monkeypatch.setenv("TF2EXE_CONVERTED", str(tmp_path / "other"))
    assert locations.default_model() == inside


def test_in_a_bundle_of_pyinstaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys._MEIPASS", str(tmp_path / "bundle"), raising=False)
    model = put(tmp_path / "bundle")
    assert locations.default_model() == model
