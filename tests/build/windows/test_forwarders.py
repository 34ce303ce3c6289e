"""Forwarders under Wine, for a library with all kinds of functions and for NumPy's OpenBLAS."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import forwarder_setup
from tf2exe.compile import compilers, forwarder_libraries
from tf2exe.config.target import WINDOWS, Target
from tf2exe.cross.toolchain import wine
from tf2exe.cross.toolchain.location import TARGET, windows_path
from tf2exe.plan import forwarders
from tf2exe.plan.bundled_files import BundledFile
from tf2exe.plan.distributions import SelectedDistribution

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.cross.toolchain.location import CrossToolchain
    from tf2exe.system.captured_process import CompletedProcess
    from windows_session import WindowsSession

LIBRARY = "libthing-0123abcd.dll"
REAL = f"{forwarder_setup.PART}.dll"


@pytest.fixture
def compiler(own_prefix: CrossToolchain, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", own_prefix.environment()["ZIG_GLOBAL_CACHE_DIR"])
    return [str(compilers.find_zig()), "cc", "-target", TARGET]


@pytest.fixture
def forward(compiler: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Compiles a program, its library and the forwarder; returns the program."""

    def make(*options: str, excluded: tuple[str, ...] = ()) -> Path:
        program = forwarder_setup.compile_library_and_program(compiler, tmp_path, LIBRARY, *options)
        forwarder_setup.install_forwarder(compiler, tmp_path, monkeypatch, excluded=excluded)
        return program

    return make


def call(here: CrossToolchain, program: Path, mode: str) -> CompletedProcess:
    return wine.run(here, [str(program), mode], cwd=program.parent)


def test_every_kind_of_value_is_passed_on(
    own_prefix: CrossToolchain, compiler: list[str], forward: Callable[..., Path], tmp_path: Path
) -> None:
    plain = forwarder_setup.compile_library_and_program(
        compiler, tmp_path / "plain", LIBRARY, *forwarder_setup.vector_options()
    )
    ours = call(own_prefix, forward(*forwarder_setup.vector_options()), "all")
    assert (ours.exit_code, ours.stderr) == (0, b"")
    assert ours.stdout == call(own_prefix, plain, "all").stdout
    assert ours.stdout.count(b"many 4324\r\n") == 2


def test_concurrent_calls_load_the_library_once(
    own_prefix: CrossToolchain, forward: Callable[..., Path]
) -> None:
    program = forward()
    for _ in range(5):
        assert call(own_prefix, program, "threads").stdout == b"wrong 0 loads 1\r\n"


def test_dot_of_ones_does_not_load_the_library(
    own_prefix: CrossToolchain, forward: Callable[..., Path]
) -> None:
    assert call(own_prefix, forward(), "dots").stdout == b"2 2\r\n1002 3 3\r\n1002\r\n"


@pytest.mark.parametrize("damage", ["missing", "damaged"])
@pytest.mark.parametrize("options", [["-Wl,--subsystem,windows"], []], ids=["no console", "console"])
def test_load_error_is_one_line_or_a_message(
    windows: WindowsSession, forward: Callable[..., Path], damage: str, options: list[str]
) -> None:
    program = forward(*options)
    library = program.with_name(REAL)
    library.unlink() if damage == "missing" else library.write_bytes(b"damaged")
    said = "tf2exe: thing.work cannot be loaded: thing.work.dll: Windows error "
    _assert_reported(windows, program, said, in_message=bool(options))


@pytest.mark.parametrize("options", [["-Wl,--subsystem,windows"], []], ids=["no console", "console"])
def test_excluded_library_is_one_line_or_a_message(
    windows: WindowsSession, forward: Callable[..., Path], options: list[str]
) -> None:
    program = forward(*options, excluded=(forwarder_setup.PART,))
    said = f"tf2exe: {forwarder_libraries.excluded_message(forwarder_setup.PART)}"
    _assert_reported(windows, program, said, in_message=bool(options))


def _assert_reported(windows: WindowsSession, program: Path, line: str, *, in_message: bool) -> None:
    (answer,) = windows.run(windows.request(program, action="message", title=""))
    assert answer["code"] == forwarder_libraries.EXIT_DAMAGED
    assert [line in text for text in answer["texts"] if " " in text] == ([True] if in_message else [])
    (answer,) = windows.run(windows.request(program))
    assert (answer["code"], line in answer["stderr"]) == (forwarder_libraries.EXIT_DAMAGED, True)


NUMPY = """
import ctypes
find = ctypes.WinDLL("kernel32").GetModuleHandleW
find.restype = ctypes.c_void_p
import numpy as np
print(bool(find("numpy.linalg.dll")))
a = np.arange(12.0).reshape(3, 4)
print(np.dot(a, a.T), np.linalg.inv(a @ a.T + np.eye(3)))
print(np.linalg.svd(a)[1], np.float32(a[0]) @ np.float32(a[1]))
print(bool(find("numpy.linalg.dll")))
"""


def test_numpy_loads_openblas_at_the_first_product(
    own_prefix: CrossToolchain, compiler: list[str], tmp_path: Path
) -> None:
    packages = own_prefix.folder / "packages" / "litert"
    for name in ("numpy", "numpy.libs"):
        shutil.copytree(packages / name, tmp_path / "lib" / "packages" / name)

    def compute() -> list[str]:
        variables = {"PYTHONPATH": windows_path(tmp_path / "lib" / "packages"), "OPENBLAS_NUM_THREADS": "2"}
        python = [str(own_prefix.python / "python.exe"), "-c", NUMPY]
        done = wine.run(own_prefix, python, cwd=tmp_path, variables=variables)
        assert done.exit_code == 0, done.stderr
        return done.stdout.decode().splitlines()

    before = compute()
    files = [path for path in (tmp_path / "lib").rglob("*") if path.suffix in {".dll", ".pyd"}]
    bundled = tuple(
        BundledFile(path, path.relative_to(tmp_path).as_posix(), "numpy", "native", 1, "") for path in files
    )
    distributions = [SelectedDistribution("numpy", "1", "", tmp_path / "lib" / "packages", ())]
    (forwarder,), _, _ = forwarders.select(distributions, bundled, ())
    (tmp_path / forwarder.destination).rename(tmp_path / forwarder.real)
    toolchain = compilers.Toolchain("zig", tuple(compiler), (), (), (), "", Target(WINDOWS))
    forwarder_libraries.compile_forwarder(forwarder, tmp_path, toolchain, tmp_path / "log")
    after = compute()
    assert (before[0], after[0], after[-1]) == ("False", "False", "True")
    assert before[1:-1] == after[1:-1]
    assert len(after) > 6
