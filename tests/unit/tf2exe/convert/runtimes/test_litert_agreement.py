"""Converted models are compared with the originals, over what the samples fed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.unit.tf2exe.convert.runtimes.conftest import FILES, converted

from tf2exe.convert import stage as convert_stage
from tf2exe.convert.runtimes.litert_agreement import same_top
from tf2exe.errors import ConversionError
from tf2exe.package import manifest
from tf2exe.package.manifest import RecordedAgreement

if TYPE_CHECKING:
    from tests.unit.tf2exe.convert.runtimes.conftest import Child, Project

    from tf2exe.config.application import Application
    from tf2exe.convert.converted_models import Agreement, ConvertedModels


def measured(application: Application, models: ConvertedModels) -> Agreement | None:
    log = application.build / "log"
    return convert_stage.measure_agreement(application, models, log=log, on_step=lambda _step: None)


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


def test_agreement_is_measured_once(project: Project, child: Child) -> None:
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


@pytest.mark.parametrize(
    ("precision", "verify", "found", "is_refused"),
    [
        ("float32", {}, {"largest": 1.1e-5}, True),
        ("float32", {"difference": 1e-3}, {"largest": 1.1e-5}, False),
        ("dynamic", {}, {"largest": 0.1}, False),
        ("dynamic", {}, {"same": 3}, True),
        ("dynamic", {"top-1": 0.7}, {"same": 3}, False),
        ("float16", {}, {"tops": 0, "same": 0}, False),
        ("float32", {}, {"tops": 2, "same": 2}, False),  # another output has one value
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


def test_no_sample_ran_the_model(project: Project, child: Child) -> None:
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


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([[0.1, 0.9], [0.8, 0.2]], [[0.2, 0.8], [0.4, 0.6]], [True, False]),
        # Two classes that are as good as each other, whichever comes first in whose sums.
        ([[0.5, 0.500001]], [[0.500001, 0.5]], [True]),
        ([[0.5, 0.5001]], [[0.5001, 0.5]], [False]),
        ([[900.0, 900.001]], [[900.001, 900.0]], [True]),
        ([[[1, 3], [3, 1]]], [[[1, 3], [1, 3]]], [True, False]),
    ],
)
def test_same_best_class(ours: list[object], theirs: list[object], expected: list[bool]) -> None:
    assert same_top(np.array(ours, np.float32), np.array(theirs, np.float32)).tolist() == expected
