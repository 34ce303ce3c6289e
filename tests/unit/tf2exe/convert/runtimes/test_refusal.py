"""Errors for models that LiteRT cannot run; tests/build has such models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tf2exe.convert.runtimes import litert_check
from tf2exe.convert.runtimes.refusal import raise_if_refused
from tf2exe.errors import ConversionError

if TYPE_CHECKING:
    from pathlib import Path


# Error messages of TensorFlow 2.21, Keras 3.15 and LiteRT 2.3.
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
def test_the_error_has_cause_and_remedy(tmp_path: Path, said: str, *, loaded: bool, expected: str) -> None:
    answer = litert_check.describe_failure(said, loaded=loaded)
    with pytest.raises(ConversionError, match=expected):
        raise_if_refused(answer, tmp_path / "model.keras", tmp_path / "log")
    assert json.loads((tmp_path / "log").read_text(encoding="utf-8")) == answer


def test_operations_of_a_tflite_file_of_the_user(tmp_path: Path) -> None:
    answer = litert_check.describe_failure(
        "unresolved custom op: FlexMatrixInverse.Node 0", "FlexMatrixInverse"
    )
    with pytest.raises(ConversionError, match=r"FlexMatrixInverse; convert the model without SELECT_TF_OPS,"):
        raise_if_refused(answer, tmp_path / "model.tflite", tmp_path / "log")


def test_no_error_after_success(tmp_path: Path) -> None:
    raise_if_refused({}, tmp_path / "model.keras", tmp_path / "log")
    assert not (tmp_path / "log").exists()
