from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.tf2exe.convert.conftest import FILES, compared, converted

from tf2exe.convert.stage import has_models_to_convert
from tf2exe.errors import ConfigurationError, ConversionError

if TYPE_CHECKING:
    from tests.unit.tf2exe.convert.conftest import Child, Project


def test_only_litert_has_models_to_convert(project: Project) -> None:
    assert not has_models_to_convert(project(FILES, entry="run.py", data=["model.keras"]))
    assert not has_models_to_convert(project(FILES, entry="run.py", runtime="litert", data=["notes.txt"]))
    assert has_models_to_convert(project(FILES, entry="run.py", runtime="litert", data=["model.keras"]))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"precision": "int8", "runtime": "litert"}, "int8 needs calibration"),
        ({"precision": "dynamic"}, "dynamic requires another runtime.*--runtime litert"),
    ],
)
def test_settings_that_contradict_each_other(project: Project, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        has_models_to_convert(project(FILES, entry="run.py", **given))


def test_two_models_with_the_same_destination(project: Project, child: Child) -> None:
    application = project(
        {**FILES, "model.tflite": "TFL3"},
        entry="run.py",
        runtime="litert",
        data=["model.keras", "model.tflite"],
    )
    with pytest.raises(ConfigurationError, match=r"two models have the same destination 'model\.tflite'"):
        converted(application)
    assert child.asked


@pytest.mark.parametrize(
    ("precision", "verify", "found", "is_refused"),
    [
        ("float32", {}, {"largest": 1.1e-5}, True),
        ("float32", {"difference": 1e-3}, {"largest": 1.1e-5}, False),
        ("dynamic", {}, {"largest": 0.1}, False),
        ("dynamic", {}, {"same": 3}, True),
        ("dynamic", {"top-1": 0.7}, {"same": 3}, False),
        ("float16", {}, {"tops": 0, "same": 0}, False),
        ("float32", {}, {"tops": 2, "same": 2}, False),  # another output has a single value
        ("float32", {}, {"tops": 2, "same": 1}, True),
    ],
)
def test_a_converted_model_that_differs(
    project: Project,
    child: Child,
    precision: str,
    verify: dict[str, float],
    found: dict[str, float],
    *,
    is_refused: bool,
) -> None:
    given = {"entry": "run.py", "runtime": "litert", "precision": precision, "data": ["model.keras"]}
    application = project(FILES, verify=verify, **given)
    models = converted(application)
    if not is_refused:
        assert compared(application, models, child, **found)
        return
    with pytest.raises(ConversionError, match=rf"\({precision}\) differs from the original: .*allowed: "):
        compared(application, models, child, **found)
