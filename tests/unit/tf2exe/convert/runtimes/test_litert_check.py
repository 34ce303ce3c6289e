"""Checks of models with substitutes for LiteRT; tests/build has the real one."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.convert.runtimes.litert_check import SIZES, check_model, describe_failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Interpreter:
    """Has inputs of given shapes; accepts some of the sizes that it is given."""

    shapes: tuple[tuple[int, ...], ...] = ()
    accepted: tuple[int, ...] = ()
    error = ""
    resized: list[tuple[int, list[int]]]

    def __init__(self, _path: str) -> None:
        self.resized = []

    def get_input_details(self) -> list[dict[str, Any]]:
        return [{"index": i, "shape_signature": shape} for i, shape in enumerate(self.shapes)]

    def resize_tensor_input(self, index: int, sizes: list[int]) -> None:
        self.resized.append((index, sizes))

    def allocate_tensors(self) -> None:
        sizes = {size for _, shape in self.resized for size in shape[1:]}
        if self.error and not sizes & set(self.accepted):
            raise RuntimeError(self.error)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., type[Interpreter]]:
    """Installs an interpreter with given attributes."""

    def make(**attributes: object) -> type[Interpreter]:
        module, kind = ModuleType("interpreter"), type("Interpreter", (Interpreter,), attributes)
        module.Interpreter = kind  # type: ignore[attr-defined]
        package = ModuleType("ai_edge_litert")
        package.schema_py_generated = ModuleType("schema")  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "ai_edge_litert", package)
        monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", module)
        return kind

    return make


def check(folder: Path) -> dict[str, Any]:
    return check_model({"target": str(folder / "m.tflite")})


def test_a_model_that_litert_runs(install: Callable[..., object], tmp_path: Path) -> None:
    install(shapes=((1, 224, 224, 3),))
    assert check(tmp_path) == {}


@pytest.mark.parametrize("size", SIZES)
def test_several_sizes_are_tried_if_the_model_fixes_none(
    install: Callable[..., object], tmp_path: Path, size: int
) -> None:
    install(shapes=((-1, -1, -1, 3), (1, 4)), accepted=(size,), error="pad size")
    assert check(tmp_path) == {}


def test_an_error_in_a_model_of_fixed_size(install: Callable[..., object], tmp_path: Path) -> None:
    install(shapes=((1, 4),), error="Didn't find op for builtin opcode 'CONV_2D' version '99'.")
    assert check(tmp_path)["operations"] == ["CONV_2D version 99"]
    assert not check(tmp_path)["loaded"]


def test_a_model_for_which_no_size_fits_is_not_refused(
    install: Callable[..., object], tmp_path: Path
) -> None:
    """The samples use a size that fits."""
    install(shapes=((1, -1),), error="input is too small")
    assert check(tmp_path) == {}


def test_an_operation_that_is_missing_for_every_size(install: Callable[..., object], tmp_path: Path) -> None:
    install(shapes=((1, -1),), error="Encountered unresolved custom op: Own.\nSee the documentation")
    assert check(tmp_path)["operations"] == ["Own"]


def test_a_failure_without_a_known_cause() -> None:
    assert describe_failure("  first line\n\nsecond\n") == {
        "error": "first line",
        "operations": [],
        "unknown": [],
        "loaded": True,
    }
