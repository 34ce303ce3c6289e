from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tf2exe import layout
from tf2exe.convert.built_models import find_built_models
from tf2exe.errors import ConfigurationError
from tf2exe.samples import runner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

MODEL = b"a converted model"


def executable(folder: Path, **facts: object) -> Path:
    (folder / layout.BUILD_INFO).parent.mkdir(parents=True)
    (folder / layout.BUILD_INFO).write_text(
        json.dumps({"format": 1, "name": "run", "sourceless": [], **facts})
    )
    return folder


@pytest.mark.promise("parity", "`tf2exe verify` runs Python with the converted models of the build.")
def test_python_computes_the_models_of_the_executable(
    project: Callable[..., Application], tmp_path: Path
) -> None:
    application = project({"run.py": ""}, entry="run.py")
    model = application.build / "converted" / "files" / "models" / "m.tflite"
    sha256 = hashlib.sha256(MODEL).hexdigest()
    root = executable(tmp_path / "built", runtime="litert", models={"models/m.tflite": sha256})
    with pytest.raises(ConfigurationError, match="were not found") as missing:
        find_built_models(application, root)
    assert "--build-dir" in str(missing.value.remedy)
    model.parent.mkdir(parents=True)
    model.write_bytes(MODEL)
    environment = runner.python_environment(application, models=find_built_models(application, root))
    assert environment["TF2EXE_CONVERTED"] == str(application.build / "converted" / "files")
    model.write_bytes(MODEL[::-1])
    with pytest.raises(ConfigurationError, match=r"models/m\.tflite"):
        find_built_models(application, root)


@pytest.mark.parametrize("facts", [{}, {"runtime": "tensorflow", "models": {}}])
def test_other_executables_need_none(
    project: Callable[..., Application], tmp_path: Path, facts: dict[str, object]
) -> None:
    application = project({"run.py": ""}, entry="run.py")
    assert find_built_models(application, executable(tmp_path / "built", **facts)) is None
    assert find_built_models(application, tmp_path / "nothing here") is None
