"""Conversions are kept between builds, with a substitute for the child process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.unit.tf2exe.convert.conftest import FILES, converted

from tf2exe.convert.runtimes import litert_check
from tf2exe.errors import ConfigurationError, ConversionError

if TYPE_CHECKING:
    from tests.unit.tf2exe.convert.conftest import Child, Project


def test_a_conversion_is_kept_until_the_model_changes(project: Project, child: Child) -> None:
    def build(content: str, precision: str = "float32") -> int:
        files = {**FILES, "model.keras": content}
        given = {"entry": "run.py", "runtime": "litert", "data": ["model.keras"], "precision": precision}
        converted(project(files, **given))
        return len(child.asked)

    assert [build("a"), build("a"), build("b"), build("a"), build("a", "dynamic")] == [1, 1, 2, 2, 3]


def test_a_failed_conversion_is_not_kept(project: Project, child: Child) -> None:
    child.answers["convert"] = litert_check.describe_failure("TF Select ops: MatrixInverse, Polygamma")
    application = project(FILES, entry="run.py", runtime="litert", data=["model.keras"])
    for _ in range(2):
        with pytest.raises(ConversionError, match="MatrixInverse, Polygamma"):
            converted(application)
    assert [do for do, _ in child.asked] == ["convert", "convert"]


def test_a_model_of_the_user_with_the_same_destination_does_not_change(
    project: Project, child: Child
) -> None:
    """The conversion is copied before the error is raised; a link there is not followed."""
    files = {**FILES, "model.tflite": "TFL3 of the user"}
    application = project(files, entry="run.py", runtime="litert", data=["model.keras", "model.tflite"])
    with pytest.raises(ConfigurationError, match="two models have the same destination"):
        converted(application)
    assert child.asked
    assert (application.project / "model.tflite").read_text(encoding="utf-8") == "TFL3 of the user"
