"""Forwarders for Linux, compiled with every compiler of this machine, in place of a library of the test."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import forwarder_setup
from tf2exe.compile import compilers, forwarder_libraries

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these are ELF libraries")

LIBRARY = "libthing-0123abcd.so"
REAL = f"{forwarder_setup.PART}.so"
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)] + (
    ["zig"] if compilers.find_zig() else []
)


@pytest.fixture(scope="module", params=COMPILERS)
def compiler(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return compilers.select_compiler(request.param).command


@pytest.fixture(scope="module")
def original(compiler: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the original library."""
    folder = tmp_path_factory.mktemp("original")
    forwarder_setup.compile_library_and_program(compiler, folder, LIBRARY, *forwarder_setup.vector_options())
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return forwarder_setup.copy_compiled(original, tmp_path)


def run_caller(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the program."""
    program = folder / forwarder_setup.FOLDER / "caller"
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=120)


def test_values_of_every_type_pass_in_first_and_later_calls(
    compiler: tuple[str, ...], original: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    expected, ours = run_caller(original, "all"), run_caller(folder, "all")
    assert (ours.returncode, ours.stderr) == (0, "")
    assert ours.stdout == expected.stdout
    assert expected.stdout.count("many 4324\n") == 2


def test_dot_of_ones_does_not_load_the_library(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test's library would return 1002."""
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    (folder / forwarder_setup.FOLDER / REAL).rename(folder / "hidden")
    assert run_caller(folder, "dots").stdout == "2 2\n"
    (folder / "hidden").rename(folder / forwarder_setup.FOLDER / REAL)
    assert run_caller(folder, "dots").stdout == "2 2\n1002 3 3\n1002\n"


def test_concurrent_calls_load_the_library_once(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    for _ in range(10):
        assert run_caller(folder, "threads").stdout == "wrong 0 loads 1\n"


def test_parent_and_child_load_the_library_after_a_fork(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    assert run_caller(folder, "fork").stdout == "child 4324 loads 1\ncode 0\nparent 4324 loads 1\n"


def test_fork_waits_while_another_thread_loads_the_library(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    done = run_caller(folder, "fork meanwhile")
    assert done.stdout == "child 4324 loads 1\ncode 0\nparent 4324 loads 1\n"


def test_child_forked_while_loading_reports_it_on_old_glibc(
    compiler: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.compile_library_and_program(compiler, tmp_path, LIBRARY, "-DOLD_GLIBC")
    forwarder_setup.install_forwarder(compiler, tmp_path, monkeypatch)
    done = run_caller(tmp_path, "fork meanwhile", "without waiting")
    assert done.stdout == "code 118\nparent 4324 loads 1\n"
    assert done.stderr == (
        "tf2exe: thing.work cannot be loaded: the process was forked while another thread loaded it; "
        "fork before that, or later\n"
    )


def truncate(library: Path) -> None:
    library.write_bytes(library.read_bytes()[:5000])


def overwrite(library: Path) -> None:
    library.write_bytes(bytes(library.stat().st_size))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (Path.unlink, "cannot open shared object file"),
        (truncate, "thing.work.so is too short"),
        (overwrite, "invalid ELF header"),
    ],
)
def test_missing_or_damaged_library_is_one_line(
    compiler: tuple[str, ...],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
    why: str,
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    damage(folder / forwarder_setup.FOLDER / REAL)
    done = run_caller(folder)
    assert (done.returncode, done.stdout) == (forwarder_libraries.EXIT_DAMAGED, "")
    assert done.stderr.startswith("tf2exe: thing.work cannot be loaded: ")
    assert why in done.stderr
    assert done.stderr.endswith("; unpack or install the program again\n")
    assert done.stderr.count("\n") == 1


def test_excluded_library_is_one_line(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder = forwarder_setup.install_forwarder(
        compiler, folder, monkeypatch, excluded=[forwarder_setup.PART]
    )
    assert not forwarder.real
    done = run_caller(folder, "dots")
    assert (done.returncode, done.stdout) == (forwarder_libraries.EXIT_DAMAGED, "2 2\n")
    assert done.stderr == (
        'tf2exe: thing.work was excluded by your configuration; rebuild without exclude = ["thing.work"]\n'
    )


CTYPES_PROGRAM = """
import ctypes, os, sys
sys.setdlopenflags(os.RTLD_NOW | {flags})
library = ctypes.CDLL({path!r}, mode={flags})
def mapped():
    return {real!r} in open("/proc/self/maps").read()
print(hasattr(library, "loads"), hasattr(library, "nothing_of_it"), mapped())
print(ctypes.c_int.in_dll(library, "answer").value, library.loads(), mapped())
print(ctypes.CDLL({path!r})._handle == library._handle, ctypes.CDLL({real_path!r})._handle == library._handle)
"""


@pytest.mark.parametrize("flags", ["os.RTLD_LOCAL", "os.RTLD_GLOBAL"])
def test_ctypes_finds_functions_and_variables(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch, flags: str
) -> None:
    forwarder = forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    path, real_path = folder / forwarder.destination, folder / forwarder.real
    code = CTYPES_PROGRAM.format(path=str(path), real_path=str(real_path), real=REAL, flags=flags)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "True False False\n42 1 True\nTrue False\n", done.stderr


def test_forwarder_has_the_same_symbols_and_soname(
    compiler: tuple[str, ...], original: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder = forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    library = folder / forwarder.destination
    expected = forwarder_setup.read_exports(original / forwarder.destination)
    assert expected.variables == ("answer",)
    assert {"many", "total"} <= set(expected.functions)
    ours = forwarder_setup.read_exports(library)
    # Variables are exported as indirect functions.
    assert ours.functions == tuple(sorted(expected.functions + expected.variables))
    assert library.stat().st_size < 30_000
    dynamic = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout
    assert f"[{LIBRARY}]" in dynamic


NUMPY_PROGRAM = """
import ctypes, hashlib, os
def mapped():
    with open("/proc/self/maps") as maps:
        return sorted({line.split()[-1].rpartition("/")[2] for line in maps if "numpy.libs" in line})
import numpy as np
print(mapped(), len(os.listdir("/proc/self/task")))
a = np.arange(12.0).reshape(3, 4)
print(np.dot(a, a.T), np.linalg.inv(a @ a.T + np.eye(3)), np.vdot(a + 1j, a - 2j))
rng = np.random.default_rng(0)
for kind in "fdFD":
    matrix = (rng.standard_normal((60, 60)) + 1j * rng.standard_normal((60, 60))).astype(kind)
    one = [matrix[0].dot(matrix[1])]
    for value in (matrix @ matrix, one, np.linalg.svd(matrix), np.linalg.eig(matrix)):
        print(hashlib.sha1(b"".join(np.asarray(part).tobytes() for part in value)).hexdigest())
print(mapped())
"""


def test_numpy_loads_openblas_at_the_first_product_with_equal_results(
    tmp_path: Path, compiler: tuple[str, ...]
) -> None:
    packages = forwarder_setup.installed_numpy_packages()
    (forwarder,), _, excluded = forwarder_setup.select_numpy_forwarders(packages)
    assert excluded == ()
    for name in ("numpy", "numpy.libs"):
        shutil.copytree(packages / name, tmp_path / "lib/packages" / name)
    variables = {"PYTHONPATH": str(tmp_path / "lib/packages"), "OPENBLAS_NUM_THREADS": "2"}

    def compute() -> list[str]:
        command = [sys.executable, "-W", "ignore", "-c", NUMPY_PROGRAM]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    before = compute()
    (tmp_path / forwarder.destination).rename(tmp_path / forwarder.real)
    toolchain = compilers.Toolchain("", compiler, (), (), (), "")
    forwarder_libraries.compile_forwarder(forwarder, tmp_path, toolchain, tmp_path / "log")
    after = compute()
    name = Path(forwarder.destination).name
    assert after[0] == f"['{name}'] 1"
    assert "numpy.linalg.so" in after[-1]
    assert before[1:-1] == after[1:-1]
    assert len(after) > 20
