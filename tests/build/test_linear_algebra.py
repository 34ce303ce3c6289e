"""NumPy's OpenBLAS in executables whose samples and source do not show that they use it."""

from __future__ import annotations

import json
from ast import literal_eval
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from executables import Builder, Executable

EXIT_DAMAGED = 118
NAME = "linear_algebra_by_name"

PLUGIN = """
import numpy as np

def compute(a, b):
    square = np.dot(a, b) + 9 * np.eye(3)
    return np.linalg.inv(square), np.linalg.norm(a), np.ma.innerproduct(a, a), a @ b
"""

pytestmark = pytest.mark.makes(NAME, seconds=30)


@pytest.fixture(scope="session")
def built(builder: Builder) -> Executable:
    return builder.program(NAME, "--sample", "sorted", "--runtime", "litert", mode="standalone")


@pytest.fixture(scope="session")
def without(builder: Builder) -> Executable:
    options = ("--sample", "sorted", "--runtime", "litert", "--exclude", "numpy.linalg")
    return builder.program(NAME, *options, mode="standalone")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "plugin.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "names.json").write_text('["dot", "matmul", "linalg.matmul"]', encoding="utf-8")
    return tmp_path


@pytest.mark.promise("build", "NumPy computes matrices also where no sample and no source shows it.")
@pytest.mark.parametrize(
    "word",
    [
        "plugin=plugin.py",
        "formula=a.T @ b.T",
        "formula=np.linalg.svd(a)[1].round(9)",
        "formula=np.einsum('ij,jk->ik', a, b, optimize=True)",
        "method=__matmul__",
        "method=dot",
        "json=names.json",
        "threads=dot",
        "forked=dot",
        "library",
    ],
)
def test_results_match_python(builder: Builder, built: Executable, files: Path, word: str) -> None:
    theirs = builder.python(str(built.source / "run.py"), word, cwd=files)
    assert theirs.exit_code == 0, theirs.stderr
    assert built.run(word, cwd=files) == theirs


def test_environment_sets_the_number_of_threads(built: Executable) -> None:
    """By default, OpenBLAS starts a thread per processor."""
    assert built.run("library", OPENBLAS_NUM_THREADS="1").stdout == b"library 1\n"


@pytest.mark.promise("build", "NumPy's OpenBLAS is loaded when a program first computes with it.")
@pytest.mark.parametrize(("word", "loads"), [("sorted", False), ("method=dot", True)])
def test_openblas_is_loaded_at_the_first_product(built: Executable, word: str, loads: bool) -> None:  # noqa: FBT001
    answer = built.run(word, SHOW_LIBRARIES="1")
    assert answer.exit_code == 0
    before, after = (literal_eval(line) for line in answer.stderr.decode().splitlines())
    (forwarder,) = json.loads((built.build / "plan.json").read_bytes())["forwarders"]
    assert before == [Path(forwarder["path"]).name]
    assert ("numpy.linalg.so" in after) == loads


def test_missing_library_is_one_line(built: Executable) -> None:
    library = built.program.parent / "lib" / "packages" / "numpy.libs" / "numpy.linalg.so"
    library.rename(library.with_name("hidden"))
    try:
        sound, broken = built.run("sorted"), built.run("method=dot")
    finally:
        library.with_name("hidden").rename(library)
    assert (sound.exit_code, sound.stderr) == (0, b"")
    assert (broken.exit_code, broken.stderr.count(b"\n")) == (EXIT_DAMAGED, 1)
    assert broken.stderr.startswith(b"tf2exe: numpy.linalg cannot be loaded: ")
    assert broken.stderr.endswith(b"; unpack or install the program again\n")


@pytest.mark.promise("build", "A call of linear algebra that `exclude` leaves out ends with one line.")
def test_exclude_omits_openblas(built: Executable, without: Executable) -> None:
    sizes = [json.loads((it.build / "report.json").read_bytes())["size"] for it in (built, without)]
    assert sizes[0] - sizes[1] > 20e6
    assert without.run("sorted") == built.run("sorted")
    answer = without.run("method=dot")
    assert (answer.exit_code, answer.stdout) == (EXIT_DAMAGED, b"")
    line = "numpy.linalg was excluded by your configuration; rebuild without exclude = ["
    assert answer.stderr.decode() == f'tf2exe: {line}"numpy.linalg"]\n'
