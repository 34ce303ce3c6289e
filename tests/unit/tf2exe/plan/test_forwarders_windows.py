"""Stubs in the place of Windows libraries, compiled here; tests/build/test_windows.py runs one under Wine."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pefile
import pytest

from tf2exe.analysis.modules import Module
from tf2exe.compile import launchers
from tf2exe.compile.compilers import Toolchain
from tf2exe.native import dlls, pe
from tf2exe.plan import forwarders
from tf2exe.plan.bundled_files import Carried
from tf2exe.plan.distributions import Chosen

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = "libscipy_openblas64_-0123.dll"
BEGIN = "int _DllMainCRTStartup(void) { return 1; }"
FUNCTIONS = ("scipy_dgesdd_64_", "scipy_cblas_dgemm64_", "never_asked_for")


@pytest.fixture(scope="module")
def packages(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with NumPy's library, and two modules that link to it."""
    folder = tmp_path_factory.mktemp("packages")
    for name in ("numpy.libs", "numpy/linalg", "numpy/_core"):
        (folder / name).mkdir(parents=True)

    def make(target: str, source: str, *options: str) -> None:
        (folder / "made.c").write_text(f"{BEGIN} {source}")
        command = [*compiler, "-nostdlib", "-shared", "-O2", "-s", "made.c", *options, "-o", target]
        subprocess.run(command, cwd=folder, check=True)

    made = (f"__declspec(dllexport) void {name}(void) {{}}" for name in FUNCTIONS)
    make(f"numpy.libs/{LIBRARY}", "\n".join(made), "-Wl,--out-implib,made.lib")
    for target, name in (
        ("numpy/linalg/_umath_linalg.cp311-win_amd64.pyd", FUNCTIONS[0]),
        ("numpy/_core/_multiarray_umath.cp311-win_amd64.pyd", FUNCTIONS[1]),
    ):
        source = f"void {name}(void); __declspec(dllexport) void use(void) {{ {name}(); }}"
        make(target, source, "made.lib")
    return folder


@pytest.fixture
def stub(packages: Path, tmp_path: Path) -> forwarders.Stub:
    (tmp_path / "run.py").write_text("import numpy as np\nprint(np.sort([2, 1]))\n")
    files = [path for path in packages.rglob("*") if path.suffix in pe.SUFFIXES]
    carried = tuple(
        Carried(path, f"lib/packages/{path.relative_to(packages).as_posix()}", "numpy", "native", 1, "")
        for path in files
    )
    module = Module("__main__", tmp_path / "run.py", is_package=False, imports=(), converted=())
    (found,), left, _ = forwarders.choose([module], [Chosen("numpy", "1", "", packages, ())], (), carried)
    assert {c.destination for c in carried} - {c.destination for c in left} == {found.destination}
    return found


def test_it_has_what_is_asked_for(stub: forwarders.Stub) -> None:
    assert stub.destination == f"lib/packages/numpy.libs/{LIBRARY}"
    assert stub.functions == tuple(sorted(FUNCTIONS[:2]))


def test_the_loader_finds_each_function_and_nothing_new_is_asked_for(
    stub: forwarders.Stub, compiler: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(launchers, "SYSTEM", "windows")
    toolchain = Toolchain("zig", tuple(compiler), (), (), (), "")
    contents = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        forwarders.make(stub, folder, toolchain, tmp_path / "log")
        made = folder / stub.destination
        assert [path for path in folder.rglob("*") if path.is_file()] == [made]
        contents.append(made.read_bytes())
    assert contents[0] == contents[1]
    with pefile.PE(data=contents[0]) as file:
        exported = {entry.name.decode() for entry in file.DIRECTORY_ENTRY_EXPORT.symbols}
    assert exported == set(stub.functions)
    binary = pe.read(made)
    assert binary is not None
    assert made.stat().st_size < 100_000
    assert {name for name in binary.needed if not dlls.of_windows(name)} == set()
