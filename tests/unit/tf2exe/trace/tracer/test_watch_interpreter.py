"""Calls of LiteRT's `Interpreter` are recorded, with a class like it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.trace.tracer.watch_interpreter import watch

if TYPE_CHECKING:
    from tests.unit.tf2exe.trace.tracer.conftest import Recorder


def make_module() -> Any:  # noqa: ANN401 - a module
    class Interpreter:
        """Doubles its input."""

        _interpreter = SimpleNamespace(GetSubgraphIndexFromSignature={"train": 1, "serve": 0}.get)

        def __init__(self, model_path: Any = None, model_content: Any = None) -> None:  # noqa: ANN401, ARG002
            self.tensors = {3: 5, 7: 0}

        def get_tensor(self, index: int) -> int:
            return self.tensors[index]

        def get_input_details(self) -> list[dict[str, Any]]:
            return [{"index": 3, "name": "serve_x:0"}]

        def get_output_details(self) -> list[dict[str, Any]]:
            return [{"index": 7, "name": "StatefulPartitionedCall:0"}]

        def _get_full_signature_list(self) -> dict[str, Any]:
            return {"train": {}, "serve": {"inputs": {"x": 3}, "outputs": {"y": 7}}}

        def invoke(self) -> None:
            self.tensors[7] = 2 * self.tensors[3]

    class SignatureRunner:
        def __init__(self, interpreter: Interpreter, key: str) -> None:
            self._interpreter, self._signature_key = interpreter, key

        def __call__(self, **inputs: int) -> dict[str, int]:
            return {"y": 2 * inputs["x"]}

    return SimpleNamespace(Interpreter=Interpreter, SignatureRunner=SignatureRunner)


@pytest.mark.parametrize(
    ("args", "kwargs", "file"),
    [
        (("m.tflite",), {}, "file of m.tflite"),
        ((), {"model_path": "m.tflite"}, "file of m.tflite"),
        ((None, b"TFL3"), {}, "file of b'TFL3'"),
        ((), {"model_content": b"TFL3"}, "file of b'TFL3'"),
    ],
)
def test_invoke_is_recorded_with_the_names_of_the_signature(
    recorder: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any], file: str
) -> None:
    module = make_module()
    watch(module, recorder)  # type: ignore[arg-type] # has the same methods
    module.Interpreter(*args, **kwargs).invoke()
    assert recorder.calls == [(file, "serve", [("x", 5)], [("y", 10)])]


def test_a_model_without_signatures_has_the_names_of_its_tensors(recorder: Recorder) -> None:
    module = make_module()
    module.Interpreter._get_full_signature_list = lambda _: {}  # noqa: SLF001 - as LiteRT calls it
    watch(module, recorder)  # type: ignore[arg-type] # has the same methods
    module.Interpreter("m").invoke()
    assert recorder.calls == [("file of m", "", [("serve_x:0", 5)], [("StatefulPartitionedCall:0", 10)])]


def test_a_signature_runner_is_recorded(recorder: Recorder) -> None:
    module = make_module()
    watch(module, recorder)  # type: ignore[arg-type] # has the same methods
    runner = module.SignatureRunner(module.Interpreter("m"), "train")
    assert runner(x=4) == {"y": 8}
    assert recorder.calls == [("file of m", "train", [("x", 4)], [("y", 8)])]
