"""Calls of LiteRT's `CompiledModel` are recorded, with a class like it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pytest

from tf2exe.trace.tracer.watch_compiled_model import watch

if TYPE_CHECKING:
    from tests.unit.tf2exe.trace.tracer.conftest import Recorder


class Buffer:
    def __init__(self, *values: float) -> None:
        self.values = values

    def get_tensor_details(self) -> dict[str, Any]:
        return {"shape": [1, len(self.values)], "dtype": np.float32}

    def read(self, count: int, dtype: type) -> Any:  # noqa: ANN401 - an array
        return np.array(self.values[:count], dtype)


class Unreadable(Buffer):
    def read(self, count: int, dtype: type) -> Any:  # noqa: ANN401, ARG002 - as above
        raise TypeError("no such type in NumPy")


def make_module() -> Any:  # noqa: ANN401 - a module
    class CompiledModel:
        """Doubles its input."""

        @classmethod
        def from_file(cls, model_path: str, options: object = None) -> Self:  # noqa: ARG003
            return cls()

        @classmethod
        def from_buffer(cls, model_data: bytes, options: object = None) -> Self:  # noqa: ARG003
            return cls()

        def get_signature_by_index(self, index: int) -> dict[str, Any]:
            return {"key": f"serve{index}", "inputs": ["x"], "outputs": ["y"]}

        def run_by_index(self, _index: int, inputs: list[Buffer], outputs: list[Buffer]) -> None:
            outputs[0].values = tuple(2 * value for value in inputs[0].values)

        def run_by_name(self, _key: str, inputs: dict[str, Buffer], outputs: dict[str, Buffer]) -> None:
            self.run_of(inputs["x"], outputs["y"])

        def run_of(self, one: Buffer, other: Buffer) -> None:
            other.values = tuple(2 * value for value in one.values)

    return SimpleNamespace(CompiledModel=CompiledModel)


@pytest.fixture
def compiled_model(recorder: Recorder) -> Any:  # noqa: ANN401 - the class
    module = make_module()
    watch(module, recorder)  # type: ignore[arg-type] # has the same methods
    return module.CompiledModel


def test_a_run_by_index_is_recorded(compiled_model: Any, recorder: Recorder) -> None:  # noqa: ANN401
    output = Buffer(0, 0)
    compiled_model.from_file("m.tflite", options=None).run_by_index(0, [Buffer(1, 2)], [output])
    assert output.values == (2, 4)
    assert recorder.calls == [("file of m.tflite", "serve0", [("x", [[1, 2]])], [("y", [[2, 4]])])]


def test_a_run_by_name_is_recorded(compiled_model: Any, recorder: Recorder) -> None:  # noqa: ANN401
    compiled_model.from_buffer(b"TFL3").run_by_name("serve", {"x": Buffer(3)}, {"y": Buffer(0)})
    assert recorder.calls == [("file of b'TFL3'", "serve", [("x", [[3]])], [("y", [[6]])])]


@pytest.mark.parametrize("is_input", [True, False])
def test_a_buffer_that_numpy_cannot_read_is_not_recorded(
    compiled_model: Any,  # noqa: ANN401
    recorder: Recorder,
    *,
    is_input: bool,
) -> None:
    one, other = (Unreadable(1), Buffer(0)) if is_input else (Buffer(1), Unreadable(0))
    compiled_model.from_file("m").run_by_index(0, [one], [other])
    assert other.values == (2,)
    assert recorder.calls == []


def test_a_model_created_in_another_way_is_not_recorded(
    compiled_model: Any,  # noqa: ANN401
    recorder: Recorder,
) -> None:
    output = Buffer(0)
    compiled_model().run_by_index(0, [Buffer(1)], [output])
    assert (output.values, recorder.calls) == ((2,), [])
