"""Finds the C compiler and the tools that come with it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tf2exe.errors import MachineError

INSTALL = "install gcc, or `pip install ziglang`, which contains a C compiler"


@dataclass(frozen=True)
class Toolchain:
    """A C compiler, ready to use.

    Attributes:
        name: gcc, clang, zig or msvc.
        command: how it is called to compile and link C. Of MSVC it is Zig's: it compiles the application's
            modules alone, and the launchers, which are GNU C, are left to Zig.
        strip: how symbols are removed; empty: no tool for it is here.
        nuitka_options: what tells Nuitka to use it.
        path: folders that must come first on PATH.
        reason: why this one.
    """

    name: str
    command: tuple[str, ...]
    strip: tuple[str, ...]
    nuitka_options: tuple[str, ...]
    path: tuple[str, ...]
    reason: str

    def environment(self) -> dict[str, str]:
        """The user's environment with the compiler and its cache on PATH."""
        folders = [*self.path, str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        return {**os.environ, "PATH": os.pathsep.join(folders)}


def zig() -> Path | None:
    """Zig from PATH or from the PyPI package `ziglang`."""
    if found := shutil.which("zig"):
        return Path(found)
    spec = importlib.util.find_spec("ziglang")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(folder) / ("zig.exe" if sys.platform == "win32" else "zig")
        if program.is_file():
            return program
    return None


def _strip() -> tuple[str, ...]:
    found = shutil.which("strip") or shutil.which("llvm-strip")
    return (found,) if found else ()


def _has_msvc() -> bool:
    return sys.platform == "win32" and shutil.which("cl") is not None


def _toolchain(name: str, reason: str) -> Toolchain | None:
    if name == "zig":
        program = zig()
        if program is None:
            return None
        return Toolchain("zig", (str(program), "cc"), _strip(), ("--zig",), (str(program.parent),), reason)
    if name == "msvc":
        launchers = zig()
        if launchers is None or not _has_msvc():
            return None
        return Toolchain("msvc", (str(launchers), "cc"), (), ("--msvc=latest",), (), reason)
    found = shutil.which(name)
    if found is None:
        return None
    options = {"clang": ("--clang",), "gcc": ("--mingw64",) if sys.platform == "win32" else ()}[name]
    return Toolchain(name, (found,), _strip(), options, (), reason)


def choose(wanted: str) -> Toolchain:
    """The compiler that the settings ask for; ``auto`` takes the first that is here.

    Raises:
        MachineError: there is none.
    """
    if wanted != "auto":
        found = _toolchain(wanted, "`compiler` says so")
        if found is None and wanted == "msvc" and _has_msvc():
            why = "it compiles the application's modules; the launchers are left to Zig, which is not here"
            raise MachineError("MSVC is not enough", why, "pip install ziglang")
        if found is None:
            raise MachineError(f"no compiler '{wanted}'", "it is not on PATH", INSTALL)
        return found
    order = ("msvc", "zig", "gcc", "clang") if sys.platform == "win32" else ("gcc", "clang", "zig")
    for name in order:
        if found := _toolchain(name, f"the first of {', '.join(order)} that was found"):
            return found
    raise MachineError("no C compiler", f"none of {', '.join(order)} was found", INSTALL)


def python_headers() -> Path | None:
    """The folder of `Python.h`, if it is installed."""
    folder = Path(sysconfig.get_path("include"))
    return folder if (folder / "Python.h").is_file() else None


def require_headers() -> Path:
    """The folder of `Python.h`.

    Raises:
        MachineError: it is not installed.
    """
    if folder := python_headers():
        return folder
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise MachineError(
        "no Python headers",
        f"{sysconfig.get_path('include')} has no Python.h",
        f"install them (Debian: `apt install python{version}-dev`) or use a Python that has them",
    )


def tool(name: str) -> str | None:
    """A program from beside this Python, where packages from PyPI put theirs, or from PATH."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which(name, path=folders)
