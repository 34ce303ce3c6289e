"""Compiles a library, a program that is linked to it, and a forwarder in place of the library."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tf2exe.compile import forwarder_libraries
from tf2exe.compile.compilers import Toolchain
from tf2exe.config.target import WINDOWS, Target
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.package_rules import parse_package
from tf2exe.native import exports
from tf2exe.plan import forwarders
from tf2exe.plan.bundled_files import BundledFile
from tf2exe.plan.distributions import SelectedDistribution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tf2exe.plan.bundled_files import ExcludedFiles

SOURCES = Path(__file__).parent
PART = "thing.work"
FOLDER = "lib/packages/thing.libs"


def compile_library_and_program(compiler: Sequence[str], folder: Path, library: str, *options: str) -> Path:
    """Compiles the library and the program in the layout of an executable; returns the program."""
    target = folder / FOLDER / library
    target.parent.mkdir(parents=True)
    windows = target.suffix == ".dll"
    base = [*compiler, *options, "-std=gnu11", "-O2", "-s", "-Wall", "-Werror"]
    made = ["-Wl,--out-implib,thing.lib"] if windows else ["-fPIC", f"-Wl,-soname,{library}"]
    command = [*base, "-shared", str(SOURCES / "forwarded_library.c"), *made, "-o", str(target)]
    subprocess.run(command, cwd=folder, check=True)
    program = target.with_name("caller.exe" if windows else "caller")
    linked = ["thing.lib"] if windows else [str(target), "-Wl,-rpath,$ORIGIN", "-rdynamic", "-lpthread"]
    command = [*base, str(SOURCES / "forwarder_caller.c"), *linked, "-o", str(program)]
    subprocess.run(command, cwd=folder, check=True)
    return program


def compile_library(
    compiler: Sequence[str], folder: Path, library: str, source: str, options: Sequence[str] = ()
) -> None:
    """Compiles a library from a test's source to the same path."""
    (folder / FOLDER).mkdir(parents=True)
    (folder / "other.c").write_text(source, encoding="ascii")
    command = [*compiler, "-s", "-shared", *options, "other.c", "-o", f"{FOLDER}/{library}"]
    subprocess.run(command, cwd=folder, check=True)
    (folder / FOLDER / "other.lib").unlink(missing_ok=True)


def copy_compiled(folder: Path, target: Path) -> Path:
    """Copies the compiled files."""
    shutil.copytree(folder / "lib", target / "lib")
    return target


def vector_options() -> list[str]:
    """Compiler options for the widest vectors of this processor."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    return [f"-m{name}" for name in ("avx", "avx512f") if name in flags]


def read_exports(library: Path) -> exports.Exports:
    """The exported symbols of a library."""
    found = exports.read_exports(library)
    assert found is not None
    return found


def package_rule(library: str) -> str:
    """The rule of the package `thing`, as TOML."""
    return f"""
names = ["thing"]
[[forwarder]]
library = "thing.libs/{library}"
part = "{PART}"
dot_of_ones = ["dot"]
reason = "It can wait."
"""


def select_forwarders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, excluded: Sequence[str] = ()
) -> tuple[tuple[forwarders.Forwarder, ...], tuple[BundledFile, ...]]:
    """The forwarders for the native files of a folder, and the files that are then bundled."""
    files = sorted((folder / FOLDER).glob("*"))
    (library,) = (path.name for path in files if path.name.startswith("libthing"))
    known = parse_package(tomllib.loads(package_rule(library)), "thing.toml")
    bundled = tuple(
        BundledFile(path, f"{FOLDER}/{path.name}", "thing", "native", path.stat().st_size, "")
        for path in files
    )
    with monkeypatch.context() as patch:
        patch.setattr(package_rules, "read_for", lambda _: (known,))
        found, left, _ = forwarders.select(
            [SelectedDistribution("thing", "1", "", folder, ())], bundled, excluded
        )
    return found, left


def install_forwarder(
    compiler: Sequence[str], folder: Path, monkeypatch: pytest.MonkeyPatch, *, excluded: Sequence[str] = ()
) -> forwarders.Forwarder:
    """Replaces the library by a forwarder, as a build does."""
    (forwarder,), left = select_forwarders(folder, monkeypatch, excluded=excluded)
    library = folder / forwarder.destination
    if forwarder.real:
        assert [file.destination for file in left if file.source == library] == [forwarder.real]
        library.rename(folder / forwarder.real)
    else:
        library.unlink()
    target = Target(WINDOWS) if library.suffix == ".dll" else Target("linux-x86_64")
    command = (*compiler, "-Wall", "-Wextra", "-Werror")
    toolchain = Toolchain("", command, (), (), (), "", target)
    forwarder_libraries.compile_forwarder(forwarder, folder, toolchain, folder / "log")
    return forwarder


def select_numpy_forwarders(
    packages: Path, *excluded: str
) -> tuple[tuple[forwarders.Forwarder, ...], tuple[BundledFile, ...], tuple[ExcludedFiles, ...]]:
    """Forwarders, bundled files and excluded files of the NumPy in the folder `packages`."""
    files = [path for name in ("numpy", "numpy.libs") for path in sorted((packages / name).rglob("*.so*"))]
    bundled = tuple(
        BundledFile(
            path, f"lib/packages/{path.relative_to(packages)}", "numpy", "native", path.stat().st_size, ""
        )
        for path in files
    )
    return forwarders.select([SelectedDistribution("numpy", "1", "", packages, ())], bundled, excluded)


def installed_numpy_packages() -> Path:
    """The parent folder of the installed NumPy; skips the test if NumPy does not include OpenBLAS."""
    folder = Path(np.__file__).parents[1]
    if not list(folder.glob("numpy.libs/*openblas*")):
        pytest.skip("this NumPy brings no OpenBLAS of its own")
    return folder
