from __future__ import annotations

from pathlib import Path

import pytest

from tf2exe.analysis.modules import Module
from tf2exe.plan.bundled_files import BundledFile
from tf2exe.plan.local_symbols import select_local_symbols

LIBRARY = BundledFile(
    Path("/x"), "lib/packages/tensorflow/libtensorflow_cc.so.2", "tensorflow-cpu", "stripped", 1, ""
)


def choose(folder: Path, source: str) -> list[str]:
    path = folder / "run.py"
    path.write_text(source, encoding="utf-8")
    found = select_local_symbols([Module("__main__", path, False, (), ())], [LIBRARY])  # noqa: FBT003
    return [item.destination for item in found]


def test_the_usual_program(tmp_path: Path) -> None:
    assert choose(tmp_path, "import tensorflow as tf\nprint(tf.add(1, 2))\n") == [LIBRARY.destination]


@pytest.mark.parametrize(
    "source", ["tf.load_op_library('x.so')", "from tensorflow import load_library", "tf.load_library(x)"]
)
def test_one_that_loads_operations_of_its_own(tmp_path: Path, source: str) -> None:
    assert choose(tmp_path, source) == []
