"""Forwarders for Linux: a library, and a program that is linked to it, with every compiler that is here."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import forwarder_setup
from tf2exe.compile import compilers, forwarder_libraries
from tf2exe.knowledge import package_rules
from tf2exe.plan import forwarders
from tf2exe.plan.bundled_files import BundledFile
from tf2exe.plan.distributions import SelectedDistribution

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.plan.bundled_files import ExcludedFiles
    from tf2exe.plan.forwarders import Forwarder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these are ELF libraries")

LIBRARY = "libthing-0123abcd.so"
REAL = f"{forwarder_setup.PART}.so"
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)] + (
    ["zig"] if compilers.find_zig() else []
)


def compiler_of(name: str) -> tuple[str, ...]:
    return compilers.select_compiler(name).command


@pytest.fixture(scope="module", params=COMPILERS)
def compiler(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return compiler_of(request.param)


@pytest.fixture(scope="module")
def plain(compiler: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the library itself."""
    folder = tmp_path_factory.mktemp("plain")
    forwarder_setup.compile_library_and_program(compiler, folder, LIBRARY, *forwarder_setup.vector_options())
    return folder


@pytest.fixture
def folder(plain: Path, tmp_path: Path) -> Path:
    return forwarder_setup.copy_compiled(plain, tmp_path)


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the program."""
    program = folder / forwarder_setup.FOLDER / "caller"
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, timeout=120)


def test_every_kind_of_value_passes_at_the_first_call_and_later(
    compiler: tuple[str, ...], plain: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    expected, ours = call(plain, "all"), call(folder, "all")
    assert (ours.returncode, ours.stderr) == (0, "")
    assert ours.stdout == expected.stdout
    assert expected.stdout.count("many 4324\n") == 2


def test_only_two_ones_are_answered_without_the_library(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library of the test gives 1002 for them."""
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    (folder / forwarder_setup.FOLDER / REAL).rename(folder / "hidden")
    assert call(folder, "dots").stdout == "2 2\n"
    (folder / "hidden").rename(folder / forwarder_setup.FOLDER / REAL)
    assert call(folder, "dots").stdout == "2 2\n1002 3 3\n1002\n"


def test_threads_that_call_at_once_load_it_once(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    for _ in range(10):
        assert call(folder, "threads").stdout == "wrong 0 loads 1\n"


def test_both_processes_can_load_it_after_a_fork(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    assert call(folder, "fork").stdout == "child 4324 loads 1\ncode 0\nparent 4324 loads 1\n"


def test_a_fork_waits_while_another_thread_loads_it(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    done = call(folder, "fork meanwhile")
    assert done.stdout == "child 4324 loads 1\ncode 0\nparent 4324 loads 1\n"


def test_with_an_older_glibc_a_child_of_that_moment_says_why_it_cannot_load_it(
    compiler: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder_setup.compile_library_and_program(compiler, tmp_path, LIBRARY, "-DOLD_GLIBC")
    forwarder_setup.install_forwarder(compiler, tmp_path, monkeypatch)
    done = call(tmp_path, "fork meanwhile", "without waiting")
    assert done.stdout == "code 118\nparent 4324 loads 1\n"
    assert done.stderr == (
        "tf2exe: thing.work cannot be loaded: the process was forked while another thread loaded it; "
        "fork before that, or later\n"
    )


def cut(library: Path) -> None:
    library.write_bytes(library.read_bytes()[:5000])


def overwrite(library: Path) -> None:
    library.write_bytes(bytes(library.stat().st_size))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (Path.unlink, "cannot open shared object file"),
        (cut, "thing.work.so is too short"),
        (overwrite, "invalid ELF header"),
    ],
)
def test_a_missing_or_damaged_library_is_one_line(
    compiler: tuple[str, ...],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
    why: str,
) -> None:
    forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    damage(folder / forwarder_setup.FOLDER / REAL)
    done = call(folder)
    assert (done.returncode, done.stdout) == (forwarder_libraries.EXIT_DAMAGED, "")
    assert done.stderr.startswith("tf2exe: thing.work cannot be loaded: ")
    assert why in done.stderr
    assert done.stderr.endswith("; unpack or install the program again\n")
    assert done.stderr.count("\n") == 1


def test_an_excluded_library_is_one_line(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder = forwarder_setup.install_forwarder(
        compiler, folder, monkeypatch, excluded=[forwarder_setup.PART]
    )
    assert not forwarder.real
    done = call(folder, "dots")
    assert (done.returncode, done.stdout) == (forwarder_libraries.EXIT_DAMAGED, "2 2\n")
    assert done.stderr == (
        'tf2exe: thing.work was excluded by your configuration; rebuild without exclude = ["thing.work"]\n'
    )


ASK = """
import ctypes, os, sys
sys.setdlopenflags(os.RTLD_NOW | {flags})
library = ctypes.CDLL({path!r}, mode={flags})
def mapped():
    return {real!r} in open("/proc/self/maps").read()
print(hasattr(library, "loads"), hasattr(library, "nothing_of_it"), mapped())
print(ctypes.c_int.in_dll(library, "answer").value, library.loads(), mapped())
print(ctypes.CDLL({path!r})._handle == library._handle, ctypes.CDLL({beside!r})._handle == library._handle)
"""


@pytest.mark.parametrize("flags", ["os.RTLD_LOCAL", "os.RTLD_GLOBAL"])
def test_ctypes_finds_functions_and_variables(
    compiler: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch, flags: str
) -> None:
    forwarder = forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    path, beside = folder / forwarder.destination, folder / forwarder.real
    code = ASK.format(path=str(path), beside=str(beside), real=REAL, flags=flags)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "True False False\n42 1 True\nTrue False\n", done.stderr


def test_it_has_the_same_symbols_and_soname(
    compiler: tuple[str, ...], plain: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forwarder = forwarder_setup.install_forwarder(compiler, folder, monkeypatch)
    library = folder / forwarder.destination
    theirs = forwarder_setup.read_exports(plain / forwarder.destination)
    assert theirs.variables == ("answer",)
    assert {"many", "total"} <= set(theirs.functions)
    ours = forwarder_setup.read_exports(library)
    assert ours.functions == tuple(sorted(theirs.functions + theirs.variables))  # found by code
    assert library.stat().st_size < 30_000
    dynamic = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout
    assert f"[{LIBRARY}]" in dynamic


@pytest.mark.parametrize(
    ("addition", "options"),
    [
        ("int replaceable = 1;", []),
        ('__thread int own __attribute__((visibility("protected")));', []),
        ("int versioned(void) { return 1; }", ["-Wl,--version-script,versions"]),
    ],
)
def test_a_library_with_other_symbols_stays_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addition: str, options: list[str]
) -> None:
    (tmp_path / "versions").write_text("THING_1 { global: *; };\n")
    source = f"int plain(void) {{ return 1; }}\n{addition}\n"
    compiler = compiler_of(COMPILERS[0])
    forwarder_setup.compile_library(compiler, tmp_path, LIBRARY, source, ["-fPIC", *options])
    found, left = forwarder_setup.select_forwarders(tmp_path, monkeypatch)
    assert found == ()
    assert [file.destination for file in left] == [f"{forwarder_setup.FOLDER}/{LIBRARY}"]


def test_a_library_stays_in_its_place_if_another_one_reads_its_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert forwarder_setup.select_forwarders(folder, monkeypatch)[0]
    base = folder / forwarder_setup.FOLDER
    (folder / "reader.c").write_text("extern int answer; int read(void) { return answer; }\n")
    command = [*compiler_of(COMPILERS[0]), "-shared", "-fPIC", "reader.c", LIBRARY, "-o", "reader.so"]
    shutil.move(folder / "reader.c", base)
    subprocess.run(command, cwd=base, check=True)
    found, left = forwarder_setup.select_forwarders(folder, monkeypatch)
    assert found == ()
    assert f"{forwarder_setup.FOLDER}/{LIBRARY}" in [file.destination for file in left]


def numpy(
    folder: Path, *excluded: str
) -> tuple[tuple[Forwarder, ...], tuple[BundledFile, ...], tuple[ExcludedFiles, ...]]:
    """What becomes of the libraries of the NumPy that is installed here."""
    files = [p for name in ("numpy", "numpy.libs") for p in sorted((folder / name).rglob("*.so*"))]
    carried = tuple(
        BundledFile(p, f"lib/packages/{p.relative_to(folder)}", "numpy", "native", p.stat().st_size, "")
        for p in files
    )
    return forwarders.select([SelectedDistribution("numpy", "1", "", folder, ())], carried, excluded)


@pytest.fixture(scope="module")
def packages() -> Path:
    folder = Path(np.__file__).parents[1]
    if not list(folder.glob("numpy.libs/*openblas*")):
        pytest.skip("this NumPy brings no OpenBLAS of its own")
    return folder


MEANWHILE = """
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


def test_numpy_loads_openblas_at_the_first_product_and_computes_the_same(
    packages: Path, tmp_path: Path, compiler: tuple[str, ...]
) -> None:
    (forwarder,), _, left_out = numpy(packages)
    assert left_out == ()
    for name in ("numpy", "numpy.libs"):
        shutil.copytree(packages / name, tmp_path / "lib/packages" / name)
    variables = {"PYTHONPATH": str(tmp_path / "lib/packages"), "OPENBLAS_NUM_THREADS": "2"}

    def ask() -> list[str]:
        command = [sys.executable, "-W", "ignore", "-c", MEANWHILE]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    before = ask()
    (tmp_path / forwarder.destination).rename(tmp_path / forwarder.real)
    toolchain = compilers.Toolchain("", compiler, (), (), (), "")
    forwarder_libraries.compile_forwarder(forwarder, tmp_path, toolchain, tmp_path / "log")
    after = ask()
    name = Path(forwarder.destination).name
    assert after[0] == f"['{name}'] 1"
    assert "numpy.linalg.so" in after[-1]
    assert before[1:-1] == after[1:-1]
    assert len(after) > 20


def test_what_exclude_leaves_out_of_numpy(packages: Path) -> None:
    (forwarder,), carried, (left_out,) = numpy(packages, "numpy.linalg")
    assert not forwarder.real
    assert not [file for file in carried if "numpy.libs" in file.destination]
    assert left_out.size > 20e6
    assert left_out.rule.reason == "`exclude` has numpy.linalg"


def test_the_rule_names_the_dot_product_of_this_numpy(packages: Path) -> None:
    (forwarder,), _, _ = numpy(packages)
    assert set(forwarder.rule.dot_of_ones) & set(forwarder.exports.functions)
    assert ctypes.CDLL(str(packages / "numpy.libs" / Path(forwarder.destination).name))
    assert package_rules.excludable_parts() == ("numpy.linalg",)
