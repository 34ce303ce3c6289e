"""`int8` is calibrated with the inputs that the application passes to its model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unit.tf2exe.convert.conftest import FILES, converted, destinations

from tf2exe.convert.runtimes import calibration
from tf2exe.errors import ConfigurationError, ConversionError

if TYPE_CHECKING:
    from tests.unit.tf2exe.convert.conftest import Child, Project

    from tf2exe.config.application import Application

# A program that runs a model with a substitute for LiteRT's interpreter.
INTERPRETER = """
class Array(bytes):
    class dtype:
        str = "<f4"
        kind = "f"
    shape = (1, 2)
    nbytes = 8
    tobytes = bytes.__bytes__

class Interpreter:
    _interpreter = type("Wrapper", (), {"GetSubgraphIndexFromSignature": lambda self, key: 0})()
    def __init__(self, model_path=None, model_content=None):
        self.fed = None
    def set_tensor(self, index, value): self.fed = value
    def get_tensor(self, index): return Array(self.fed if index == 3 else self.fed[::-1])
    def get_input_details(self): return [{"index": 3, "name": "serving_default_x:0"}]
    def get_output_details(self): return [{"index": 5, "name": "Statefull:0"}]
    def _get_full_signature_list(self): return {"s": {"inputs": {"x": 3}, "outputs": {"y": 5}}}
    def invoke(self): pass

class SignatureRunner:
    def __call__(self, **inputs): return {}
"""
PROGRAM = """
import os, pathlib, sys
from ai_edge_litert.interpreter import Interpreter
model = os.path.join(os.environ["TF2EXE_CONVERTED"], "model.tflite")
given = model if sys.argv[1] != "content" else None
for name in sys.argv[2:]:
    interpreter = Interpreter(given, None if given else pathlib.Path(model).read_bytes())
    interpreter.set_tensor(3, (pathlib.Path(name).read_text() * 8).encode()[:8])
    interpreter.invoke()
"""
RECORDED = {
    **FILES,
    "run.py": PROGRAM,
    "ai_edge_litert/__init__.py": "",
    "ai_edge_litert/interpreter.py": INTERPRETER,
}


def calibrated(project: Project, *command_lines: str) -> Application:
    return project(
        RECORDED,
        entry="run.py",
        runtime="litert",
        precision="int8",
        data=["model.keras"],
        calibration=list(command_lines),
        samples=["path test.txt"],
    )


@pytest.mark.parametrize("how", ["path", "content"])
def test_inputs_of_the_model_calibrate_int8(project: Project, child: Child, how: str) -> None:
    models = converted(calibrated(project, f"{how} photos/*.txt"))
    (_, first), (_, second) = child.asked
    assert (first["precision"], second["precision"]) == ("float32", "int8")
    fed = [array for signature, (array,) in second["calibration"] if signature == "s"]
    assert [(array["name"], array["dtype"], array["shape"]) for array in fed] == [("x", "<f4", (1, 2))] * 2
    numbers = [Path(array["file"]).read_bytes()[array["offset"] :][:8] for array in fed]
    assert numbers == [b"11111111", b"22222222"]
    assert destinations(models) == ["model.tflite"]


def test_command_lines_that_run_no_model(project: Project, child: Child) -> None:
    with pytest.raises(ConversionError, match="nothing to calibrate with"):
        converted(calibrated(project, "path"))
    assert len(child.asked) == 1


def test_inputs_of_samples_do_not_calibrate(project: Project, child: Child) -> None:
    application = calibrated(project, "path copy.txt")
    (application.project / "copy.txt").write_text(FILES["test.txt"], encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"copy\.txt cannot calibrate: the sample input test\.txt"):
        converted(application)
    assert child.asked == []  # raised before anything is converted


def test_copies_of_sample_inputs_in_other_folders_do_not_calibrate(project: Project, child: Child) -> None:
    application = calibrated(project, "path elsewhere")
    folder = application.project / "elsewhere"
    folder.mkdir()
    (folder / "copy.txt").write_text(FILES["test.txt"], encoding="utf-8")
    for command_line in ("path elsewhere", f"path {folder}", f"path {folder}/*.txt"):
        with pytest.raises(ConfigurationError, match=r"copy\.txt cannot calibrate"):
            converted(calibrated(project, command_line))
    assert child.asked == []


def test_wildcards_that_match_nothing(project: Project, child: Child) -> None:
    with pytest.raises(ConfigurationError, match=r"no input 'pictures/\*\.txt' to calibrate with"):
        converted(calibrated(project, "pictures/*.txt"))
    assert child.asked == []


def test_calibration_without_command_lines() -> None:
    with pytest.raises(ConfigurationError, match="needs calibration"):
        calibration.raise_if_tested([], ())
