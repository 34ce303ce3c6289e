"""What a user reads of a model that LiteRT cannot compute; the models themselves, tests/build has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.unit.tf2exe.convert.runtimes.conftest import FILES, converted

from tf2exe.convert.runtimes import litert_check
from tf2exe.convert.runtimes.refusal import refuse
from tf2exe.errors import ConversionError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tf2exe.convert.runtimes.conftest import Child, Project

# What TensorFlow 2.21, Keras 3.15 and LiteRT 2.3 say.
SELECT = "Some ops are not supported\nTF Select ops: MatrixInverse, Polygamma\nDetails:"
LSTM = (
    '<unknown>:0: error: loc(callsite(fused["TensorListReserve:", "lstm"])): '
    "'tf.TensorListReserve' op requires element_shape to be static\nerror: failed to legalize"
)
CLASS = (
    "<class 'Functional'> could not be deserialized properly.\n\nconfig={}\n\n"
    "Exception encountered: Could not locate class 'Inverse'. Make sure custom classes are decorated"
)
LAYER = "Unknown layer: 'Own'. Please ensure you are using a `keras.utils.custom_object_scope`"
NEW = "Didn't find op for builtin opcode 'CONV_2D' version '99'."
TRUNCATED = "Unable to synchronously open file (truncated file: eof = 30000)"


@pytest.mark.parametrize(
    ("said", "loaded", "expected"),
    [
        (SELECT, True, r"does not have: MatrixInverse, Polygamma; replace the layers .*--runtime tensorflow"),
        (LSTM, True, r"does not have: TensorListReserve; build the model with `unroll=True`"),
        (CLASS, True, r"Keras does not know its class Inverse; give a SavedModel .*model\.export"),
        (LAYER, True, r"Keras does not know its layer Own; give a SavedModel"),
        (NEW, False, r"does not have: CONV_2D version 99; replace"),
        (TRUNCATED, False, r"truncated file: eof = 30000\); give a complete model file"),
        ("a Lambda layer\nis not safe", True, r"LiteRT cannot run .*: a Lambda layer; give a SavedModel"),
    ],
)
def test_says_why_and_what_to_do(tmp_path: Path, said: str, *, loaded: bool, expected: str) -> None:
    answer = litert_check.failed(said, loaded=loaded)
    with pytest.raises(ConversionError, match=expected):
        refuse(answer, tmp_path / "model.keras", tmp_path / "log")
    assert json.loads((tmp_path / "log").read_text(encoding="utf-8")) == answer


def test_operations_of_a_file_that_the_user_has_converted(tmp_path: Path) -> None:
    answer = litert_check.failed("unresolved custom op: FlexMatrixInverse.Node 0", "FlexMatrixInverse")
    with pytest.raises(ConversionError, match=r"FlexMatrixInverse; convert the model without SELECT_TF_OPS,"):
        refuse(answer, tmp_path / "model.tflite", tmp_path / "log")


def test_nothing_to_refuse(tmp_path: Path) -> None:
    refuse({}, tmp_path / "model.keras", tmp_path / "log")
    assert not (tmp_path / "log").exists()


def test_nothing_half_made_is_taken_for_a_conversion(project: Project, child: Child) -> None:
    child.answers["convert"] = litert_check.failed(SELECT)
    application = project(FILES, entry="run.py", runtime="litert", data=["model.keras"])
    for _ in range(2):
        with pytest.raises(ConversionError, match="MatrixInverse, Polygamma"):
            converted(application)
    assert [do for do, _ in child.asked] == ["convert", "convert"]
