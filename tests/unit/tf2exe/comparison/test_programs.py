from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tests.unit.tf2exe.comparison.conftest import build

from tf2exe.comparison.configurations import all_variants
from tf2exe.comparison.programs import program_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application


def test_python_computes_the_models_converted_for_its_variant(
    project: Callable[..., Application], tmp_path: Path
) -> None:
    application = project({"run.py": "", "model.keras": ""}, entry="run.py", data=["model.keras"])
    rows: dict[str, Any] = {row.key: row for row in all_variants()}
    converted = tmp_path / "compare" / "python-litert" / "build" / application.name / "converted" / "files"
    converted.mkdir(parents=True)
    for key, expected in (("python-litert", str(converted)), ("python", None)):
        program = program_of(rows[key], build(key), application, tmp_path / "compare")
        assert program.command[0] == sys.executable
        assert program.env.get("TF2EXE_CONVERTED") == expected


def test_python_computes_the_models_converted_for_all_variants(
    project: Callable[..., Application], tmp_path: Path
) -> None:
    given = {"entry": "run.py", "data": ["model.keras"], "runtime": "litert"}
    application = project({"run.py": "", "model.keras": ""}, **given)
    row = next(row for row in all_variants() if row.key == "python")
    converted = tmp_path / "compare" / "python" / "build" / application.name / "converted" / "files"
    converted.mkdir(parents=True)
    program = program_of(row, build("python"), application, tmp_path / "compare")
    assert program.env["TF2EXE_CONVERTED"] == str(converted)
