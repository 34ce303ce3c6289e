from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe import knowledge
from tf2exe.analysis.modules import Module
from tf2exe.compile import compilers
from tf2exe.plan import forwarders
from tf2exe.plan.bundled_files import Carried
from tf2exe.plan.distributions import Chosen

if TYPE_CHECKING:
    from tf2exe.plan.bundled_files import LeftOut
    from tf2exe.plan.forwarders import Stub

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stubs are made for ELF libraries")

NUMPY = Path(pytest.importorskip("numpy").__file__).parent
LIBRARIES = sorted(NUMPY.with_name("numpy.libs").glob("lib*"))
NATIVE = [*NUMPY.glob("_core/_multiarray_umath.*.so"), *NUMPY.glob("linalg/*.so"), *LIBRARIES]


@pytest.fixture(autouse=True)
def _needs_the_wheel() -> None:
    if not any("openblas" in path.name for path in LIBRARIES):
        pytest.skip("this NumPy brings no OpenBLAS of its own")


def choose(
    tmp_path: Path, source: str, *others: str, wanted: tuple[str, ...] = ()
) -> tuple[tuple[Stub, ...], tuple[Carried, ...], tuple[LeftOut, ...]]:
    path = tmp_path / "run.py"
    path.write_text(source, encoding="utf-8")
    base = NUMPY.parent
    carried = tuple(
        Carried(p, f"lib/packages/{p.relative_to(base)}", "numpy", "native", p.stat().st_size, "")
        for p in NATIVE
    )
    distributions = [Chosen(name, "1", "", base, ()) for name in ("numpy", "pillow", *others)]
    return forwarders.choose([Module("__main__", path, False, (), ())], distributions, wanted, carried)  # noqa: FBT003


def test_a_program_without_linear_algebra_carries_none(tmp_path: Path) -> None:
    (stub,), carried, (left_out,) = choose(tmp_path, "import numpy as np\nprint(np.sort([2, 1]) * 3, '*')\n")
    assert not [c for c in carried if "numpy.libs" in c.destination]
    assert len(carried) + left_out.files == len(NATIVE)
    assert left_out.size > 20e6
    assert any("gemm" in name for name in stub.functions)
    assert any("gesdd" in name for name in stub.functions)


@pytest.mark.parametrize(
    "source",
    ["a @ b", "a @= b", "np.dot(a, b)", "from numpy import linalg", "import numpy.linalg as la", "x.dot(y)",
     "from numpy import *", "from numpy.linalg import norm", "getattr(np, 'einsum')", "np.linalg.inv(a)"],
)  # fmt: skip
def test_one_that_may_use_it_keeps_it(tmp_path: Path, source: str) -> None:
    assert choose(tmp_path, source)[0] == ()


def test_other_packages_keep_it(tmp_path: Path) -> None:
    assert choose(tmp_path, "", "scipy")[0] == ()
    assert choose(tmp_path, "", "ai-edge-litert")[0] != ()


def test_who_asks_for_it_gets_it(tmp_path: Path) -> None:
    assert choose(tmp_path, "", wanted=("numpy.linalg",))[0] == ()


def test_a_stub_says_what_is_missing(tmp_path: Path) -> None:
    (stub,), _, _ = choose(tmp_path, "")
    forwarders.make(stub, tmp_path, compilers.choose("auto"), tmp_path / "log")
    library = tmp_path / stub.destination
    assert library.stat().st_size < 50_000
    assert all(hasattr(ctypes.CDLL(str(library)), name) for name in stub.functions)
    call = f"import ctypes; ctypes.CDLL({str(library)!r}).{stub.functions[0]}()"
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, check=False)
    assert done.returncode == forwarders.EXIT_DAMAGED
    assert b"has no numpy.linalg" in done.stderr
    assert done.stderr.endswith(b"--include-module numpy.linalg\n")


def test_the_names_are_those_of_numpy() -> None:
    (rule,) = (rule for package in knowledge.about("numpy") for rule in package.stubs)
    assert {"@", "dot", "linalg", "einsum"} <= rule.names
