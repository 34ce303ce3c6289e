"""Which libraries of a build get a forwarder; launchers/forwarder has the tests of forwarders themselves."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import forwarder_setup
from tf2exe.compile import compilers
from tf2exe.knowledge import package_rules

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="these are ELF libraries")

LIBRARY = "libthing-0123abcd.so"
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)] + (
    ["zig"] if compilers.find_zig() else []
)


def compiler_of(name: str) -> tuple[str, ...]:
    return compilers.select_compiler(name).command


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program with its library."""
    folder = tmp_path_factory.mktemp("original")
    forwarder_setup.compile_library_and_program(compiler_of(COMPILERS[0]), folder, LIBRARY)
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return forwarder_setup.copy_compiled(original, tmp_path)


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


@pytest.fixture(scope="module")
def packages() -> Path:
    return forwarder_setup.installed_numpy_packages()


def test_what_exclude_leaves_out_of_numpy(packages: Path) -> None:
    (forwarder,), bundled, (excluded,) = forwarder_setup.select_numpy_forwarders(packages, "numpy.linalg")
    assert not forwarder.real
    assert not [file for file in bundled if "numpy.libs" in file.destination]
    assert excluded.size > 20e6
    assert excluded.rule.reason == "`exclude` has numpy.linalg"


def test_the_rule_names_the_dot_product_of_this_numpy(packages: Path) -> None:
    (forwarder,), _, _ = forwarder_setup.select_numpy_forwarders(packages)
    assert set(forwarder.rule.dot_of_ones) & set(forwarder.exports.functions)
    assert ctypes.CDLL(str(packages / "numpy.libs" / Path(forwarder.destination).name))
    assert package_rules.excludable_parts() == ("numpy.linalg",)
