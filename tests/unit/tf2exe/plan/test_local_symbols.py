from __future__ import annotations

from pathlib import Path

import pytest

from tf2exe.analysis.evidence import Evidence
from tf2exe.analysis.identifiers import read_identifiers
from tf2exe.plan.bundled_files import BundledFile
from tf2exe.plan.local_symbols import select_local_symbols

LIBRARY = BundledFile(
    Path("/x"), "lib/packages/tensorflow/libtensorflow_cc.so.2", "tensorflow-cpu", "stripped", 1, ""
)


def selected(folder: Path, source: str) -> list[str]:
    path = folder / "run.py"
    path.write_text(source, encoding="utf-8")
    found = select_local_symbols([LIBRARY], Evidence(read_identifiers(path)))
    return [item.destination for item in found]


def test_a_program_without_custom_operations(tmp_path: Path) -> None:
    assert selected(tmp_path, "import tensorflow as tf\nprint(tf.add(1, 2))\n") == [LIBRARY.destination]


@pytest.mark.parametrize(
    "source", ["tf.load_op_library('x.so')", "from tensorflow import load_library", "tf.load_library(x)"]
)
def test_a_program_that_loads_custom_operations(tmp_path: Path, source: str) -> None:
    assert selected(tmp_path, source) == []
