"""The builder's side of LiteRT; what TensorFlow and LiteRT do in the child process, tests/build shows."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe import convert
from tf2exe.errors import ConfigurationError, ConversionError, MachineError
from tf2exe.runtimes import calibration, facts, litert, model_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.application import Application

    Project = Callable[..., Application]

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
    """Answers in the place of the child process and keeps what it was asked."""

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
    monkeypatch.setattr(litert, "_ask", answering)
    monkeypatch.setattr(litert, "_version", lambda *names: f"{names[0]} 1")
    return answering


def converted(application: Application) -> Application:
    application.build.mkdir(parents=True, exist_ok=True)
    return convert.convert(application, log=application.build / "log", on_step=lambda _: None)


def destinations(application: Application) -> list[str]:
    return sorted(file.destination for file in application.data)


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
    application = converted(project(FILES, entry="run.py", runtime="litert", data=data, precision="float16"))
    assert destinations(application) == ["deep/er.tflite", "here/model.tflite", "notes.txt", "own.tflite"]
    assert [do for do, _ in child.asked] == ["check", "convert", "convert"]
    conversion = application.conversion
    assert conversion is not None
    assert (conversion.runtime, conversion.precision, conversion.by) == ("litert", "float16", "tensorflow 1")
    own, saved, keras = conversion.models
    assert (own.saved_model, own.replaces) == (None, ())
    assert saved.saved_model == application.project / "saved"
    assert keras.file == conversion.folder / "here" / "model.tflite"
    assert keras.file.read_text(encoding="utf-8").endswith("model.keras float16")
    reason = next(file.reason for file in application.data if file.destination == "here/model.tflite")
    assert reason == "model.keras, converted by tensorflow 1 for litert, float16"


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


def test_operations_are_named(project: Project, child: Child) -> None:
    child.answers["convert"] = {"error": "cannot", "operations": ["MatrixInverse", "Polygamma"]}
    application = project(FILES, entry="run.py", runtime="litert", data=["model.keras"])
    with pytest.raises(
        ConversionError, match=r"does not have: MatrixInverse, Polygamma; .*--runtime tensorf"
    ):
        converted(application)
    with pytest.raises(ConversionError):  # nothing half-made is taken for a conversion
        converted(application)


def test_two_models_for_one_place(project: Project, child: Child) -> None:
    application = project(
        {**FILES, "model.tflite": "TFL3"},
        entry="run.py",
        runtime="litert",
        data=["model.keras", "model.tflite"],
    )
    with pytest.raises(ConfigurationError, match=r"two models go to 'model\.tflite'"):
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
        ({"precision": "dynamic"}, "dynamic needs another runtime.*--runtime litert"),
    ],
)
def test_settings_that_contradict_each_other(project: Project, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        convert.needed(project(FILES, entry="run.py", **given))


def test_nothing_to_do(project: Project) -> None:
    assert not convert.needed(project(FILES, entry="run.py", data=["model.keras"]))
    assert not convert.needed(project(FILES, entry="run.py", runtime="litert", data=["notes.txt"]))
    assert convert.needed(project(FILES, entry="run.py", runtime="litert", data=["model.keras"]))


# A program that computes with an interpreter like LiteRT's, which the tests put in its place.

INTERPRETER = """
class Array(bytes):
    class dtype:
        str = "<f4"
    shape = (1, 2)
    nbytes = 8
    tobytes = bytes.__bytes__

class Interpreter:
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
def test_int8_is_calibrated_with_what_the_application_feeds_its_model(
    project: Project, child: Child, how: str
) -> None:
    application = converted(calibrated(project, f"{how} photos/*.txt"))
    (_, first), (_, second) = child.asked
    assert (first["precision"], second["precision"]) == ("float32", "int8")
    fed = [array for (array,) in second["calibration"]]
    assert [(array["name"], array["dtype"], array["shape"]) for array in fed] == [("x", "<f4", (1, 2))] * 2
    numbers = [Path(array["file"]).read_bytes()[array["offset"] :][:8] for array in fed]
    assert numbers == [b"11111111", b"22222222"]
    assert destinations(application) == ["model.tflite"]


def test_calibration_without_any_computation(project: Project, child: Child) -> None:
    with pytest.raises(ConversionError, match="nothing to calibrate with"):
        converted(calibrated(project, "path"))
    assert len(child.asked) == 1


def test_inputs_of_samples_do_not_calibrate(project: Project, child: Child) -> None:
    application = calibrated(project, "path copy.txt")
    (application.project / "copy.txt").write_text(FILES["test.txt"], encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"copy\.txt cannot calibrate: the sample input test\.txt"):
        converted(application)
    assert len(child.asked) == 1


def compared(application: Application, child: Child, **found: float) -> Application:
    calls = application.build / "trace" / "calls"
    calls.mkdir(parents=True, exist_ok=True)
    model = application.conversion.models[0].file if application.conversion else Path()
    (calls / "call-1-0001.numbers").write_bytes(b"1234567890ab")
    arrays = [[("x", "<f4", (1, 2))], [("y", "<f4", (1, 1))]]
    (calls / "call-1-0001.call").write_text(ascii((str(model), *arrays)), encoding="ascii")
    child.answers["compare"] = {
        "predictions": 4,
        "tops": 4,
        "same": 4,
        "sum": 1.0,
        "values": 10,
        "largest": 0.0,
    }
    child.answers["compare"] |= found
    return convert.compare(application, log=application.build / "log")


def test_agreement_is_measured_once(project: Project, child: Child) -> None:
    application = converted(project(FILES, entry="run.py", runtime="litert", data=["model.keras"]))
    done = compared(application, child, same=4, largest=9e-6)
    assert done.conversion is not None
    assert done.conversion.comparison == (
        "float32 and the original: top-1 the same in 4 of 4, largest difference 9e-06, mean 0.1"
    )
    ((inputs, outputs),) = child.asked[-1][1]["calls"]
    assert (inputs[0]["offset"], outputs[0]["offset"]) == (0, 8)
    asked = len(child.asked)
    compared(application, child)
    assert len(child.asked) == asked
    document = done.conversion.as_json()
    assert document["agreement"] == {"predictions": 4, "same_top": 4, "largest": 9e-6, "mean": 0.1}
    assert json.dumps(document)


@pytest.mark.parametrize(
    ("precision", "verify", "found", "is_refused"),
    [
        ("float32", {}, {"largest": 1.1e-5}, True),
        ("float32", {"difference": 1e-3}, {"largest": 1.1e-5}, False),
        ("dynamic", {}, {"largest": 0.1}, False),
        ("dynamic", {}, {"same": 3}, True),
        ("dynamic", {"top-1": 0.7}, {"same": 3}, False),
        ("float16", {}, {"tops": 0, "same": 0}, False),
    ],
)
def test_a_model_that_answers_otherwise(
    project: Project,
    child: Child,
    precision: str,
    verify: dict[str, float],
    found: dict[str, float],
    *,
    is_refused: bool,
) -> None:
    given = {"entry": "run.py", "runtime": "litert", "precision": precision, "data": ["model.keras"]}
    application = converted(project(FILES, verify=verify, **given))
    if not is_refused:
        assert compared(application, child, **found).conversion
        return
    with pytest.raises(ConversionError, match=rf"\({precision}\) answers otherwise .*allowed are"):
        compared(application, child, **found)


def test_nothing_was_fed(project: Project, child: Child) -> None:
    application = converted(project(FILES, entry="run.py", runtime="litert", data=["model.keras"]))
    done = convert.compare(application, log=application.build / "log")
    assert done.conversion is not None
    assert done.conversion.comparison == "float32 and the original: not compared, because no sample fed it"
    assert len(child.asked) == 1


def test_every_runtime_has_its_facts() -> None:
    for runtime in ("tensorflow", "litert"):
        assert all(item.reason for item in facts.about(runtime).exclude)
    assert {p.name for p in facts.about("litert").precisions} == {"float32", "float16", "dynamic", "int8"}


def test_the_child_process_speaks_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real one, asked about a file that is no model."""
    pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")
    (tmp_path / "no.tflite").write_bytes(b"nothing")
    monkeypatch.setenv("PYTHONPATH", "")
    asked = {"target": str(tmp_path / "no.tflite")}
    answer = litert._ask("check", asked, tmp_path, tmp_path / "log")  # noqa: SLF001 - the door to the child
    assert answer["operations"] == []
    assert answer["error"]
    assert "litert_child" in (tmp_path / "log").read_text(encoding="utf-8")


def test_calls_are_named_by_what_they_hold(tmp_path: Path) -> None:
    for folder, numbers in (("a", b"12345678"), ("b", b"12345678"), ("c", b"12345679")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "call-1-0001.numbers").write_bytes(numbers)
        call = ascii(("/m.tflite", [("x", "<f4", (1, 1))], [("y", "<f4", (1, 1))]))
        (tmp_path / folder / "call-1-0001.call").write_text(call, encoding="ascii")
    a, b, c = (model_calls.digest(model_calls.read(tmp_path / folder)) for folder in "abc")
    assert a == b != c


def test_calibration_without_command_lines() -> None:
    with pytest.raises(ConfigurationError, match="needs calibration"):
        calibration.refuse_test_inputs([], ())
