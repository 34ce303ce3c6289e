"""The recorder of model calls, with a package in place of LiteRT."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tf2exe.convert.runtimes import model_calls
from tf2exe.trace.stage import TRACER_FOLDER
from tf2exe.trace.tracer import record_model_calls
from tf2exe.trace.tracer.record_model_calls import CallRecorder

PROGRAM = """\
import sys
sys.path[:0] = [{tracer!r}, {folder!r}]
import record_model_calls
watcher = type(sys)("watch_interpreter")
watcher.watch = lambda module, recorder: print("watched", module.__name__, recorder.out)
sys.modules["watch_interpreter"] = watcher
record_model_calls.install({out!r})
import ai_edge_litert.interpreter
import ai_edge_litert.other
import importlib
importlib.reload(ai_edge_litert.interpreter)
"""


def read_call(folder: Path) -> model_calls.Call:
    (call,) = model_calls.read_calls(folder)
    return call


def test_a_call_is_written_with_its_tensors(tmp_path: Path) -> None:
    inputs = [("x", np.array([[1, 2, 3]], np.float32)), ("mask", np.array([True]))]
    CallRecorder(str(tmp_path)).write("/m.tflite", "serve", inputs, [("y", np.array(5, np.int64))])
    call = read_call(tmp_path)
    assert (str(call.model), call.signature) == ("/m.tflite", "serve")
    described = [(a.name, a.dtype, a.shape, a.offset) for a in (*call.inputs, *call.outputs)]
    assert described == [("x", "<f4", (1, 3), 0), ("mask", "|b1", (1,), 12), ("y", "<i8", (), 13)]
    numbers = (tmp_path / f"call-{os.getpid()}-0001.numbers").read_bytes()
    assert np.frombuffer(numbers, np.float32, 3).tolist() == [1, 2, 3]
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".call", ".numbers"]


def test_a_call_with_strings_is_not_written(tmp_path: Path) -> None:
    recorder = CallRecorder(str(tmp_path))
    recorder.write("/m.tflite", "serve", [("text", np.array([b"a"]))], [])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("limit", "value"), [("MAX_CALLS", 2), ("MAX_BYTES", 8)])
def test_calls_above_the_limit_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(record_model_calls, limit, value)
    recorder = CallRecorder(str(tmp_path))
    for number in range(4):
        recorder.write("/m.tflite", "serve", [("x", np.array(number, np.float32))], [])
    assert len(list(tmp_path.glob("*.call"))) == 2


def test_a_model_that_is_passed_as_bytes_is_written_to_a_file(tmp_path: Path) -> None:
    recorder = CallRecorder(str(tmp_path))
    assert Path(recorder.model_file(None, b"TFL3")).read_bytes() == b"TFL3"
    assert recorder.model_file(b"models/m.tflite") == str(Path("models/m.tflite").absolute())


def test_only_the_modules_of_the_runtime_are_watched(tmp_path: Path) -> None:
    package = tmp_path / "ai_edge_litert"
    package.mkdir()
    for name in ("__init__", "interpreter", "other"):
        (package / f"{name}.py").write_text(f"print('loaded {name}')\n", encoding="utf-8")
    program = PROGRAM.format(tracer=str(TRACER_FOLDER), folder=str(tmp_path), out="OUT")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "loaded __init__",
        "loaded interpreter",
        "watched ai_edge_litert.interpreter OUT",
        "loaded other",
        "loaded interpreter",
    ]
