"""Finds the C compiler, its tools and Python's headers."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from tf2exe.config.target import Target, host_target
from tf2exe.errors import MachineError
from tf2exe.system import host

INSTALL_REMEDY = "install gcc, or `pip install ziglang`, which contains a C compiler"


@dataclass(frozen=True)
class Toolchain:
    """A C compiler and its tools.

    Attributes:
        name: gcc, clang, zig or msvc.
        command: compiles and links GNU C. With MSVC this is Zig's command: MSVC compiles the application's
            modules only, Zig the launchers.
        strip: the command that removes symbols; empty if there is no such tool.
        nuitka_options: the options that make Nuitka use this compiler.
        path: folders that must come first on PATH.
        reason: why this compiler was selected.
        target: the platform that it compiles for.
    """

    name: str
    command: tuple[str, ...]
    strip: tuple[str, ...]
    nuitka_options: tuple[str, ...]
    path: tuple[str, ...]
    reason: str
    target: Target = field(default_factory=host_target)

    def environment(self) -> dict[str, str]:
        """The user's environment variables, with the compiler and ccache on PATH."""
        folders = [*self.path, str(Path(sys.executable).parent), os.environ.get("PATH", "")]
        return {**os.environ, "PATH": os.pathsep.join(folders)}


def find_zig() -> Path | None:
    """The Zig executable from PATH or from the PyPI package `ziglang`; None if there is none."""
    if found := shutil.which("zig"):
        return Path(found)
    spec = importlib.util.find_spec("ziglang")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(folder) / ("zig.exe" if host.IS_WINDOWS else "zig")
        if program.is_file():
            return program
    return None


def _find_strip() -> tuple[str, ...]:
    found = shutil.which("strip") or shutil.which("llvm-strip")
    return (found,) if found else ()


def _has_msvc() -> bool:
    return host.IS_WINDOWS and shutil.which("cl") is not None


def _find_compiler(name: str, reason: str) -> Toolchain | None:
    if name == "zig":
        program = find_zig()
        if program is None:
            return None
        return Toolchain(
            "zig", (str(program), "cc"), _find_strip(), ("--zig",), (str(program.parent),), reason
        )
    if name == "msvc":
        launchers = find_zig()
        if launchers is None or not _has_msvc():
            return None
        return Toolchain("msvc", (str(launchers), "cc"), (), ("--msvc=latest",), (), reason)
    found = shutil.which(name)
    if found is None:
        return None
    options = {"clang": ("--clang",), "gcc": ("--mingw64",) if host.IS_WINDOWS else ()}[name]
    return Toolchain(name, (found,), _find_strip(), options, (), reason)


def select_compiler(wanted: str) -> Toolchain:
    """The compiler of this name; ``auto`` selects the first one that is installed.

    Raises:
        MachineError: it is not installed.
    """
    if wanted != "auto":
        found = _find_compiler(wanted, "`compiler` says so")
        if found is None and wanted == "msvc" and _has_msvc():
            why = "MSVC compiles only the application; Zig, which compiles the launchers, is not installed"
            raise MachineError("MSVC is not enough", why, "pip install ziglang")
        if found is None:
            raise MachineError(f"no compiler '{wanted}'", "it is not on PATH", INSTALL_REMEDY)
        return found
    candidates = ("msvc", "zig", "gcc", "clang") if host.IS_WINDOWS else ("gcc", "clang", "zig")
    for name in candidates:
        if found := _find_compiler(name, f"the first of {', '.join(candidates)} that was found"):
            return found
    raise MachineError("no C compiler", f"none of {', '.join(candidates)} was found", INSTALL_REMEDY)


def find_python_headers() -> Path | None:
    """The folder of `Python.h`; None if it is not installed."""
    folder = Path(sysconfig.get_path("include"))
    return folder if (folder / "Python.h").is_file() else None


def require_python_headers() -> Path:
    """The folder of `Python.h`.

    Raises:
        MachineError: it is not installed.
    """
    if folder := find_python_headers():
        return folder
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise MachineError(
        "no Python headers",
        f"{sysconfig.get_path('include')} has no Python.h",
        f"install them (Debian: `apt install python{version}-dev`) or use a Python that has them",
    )


def find_tool(name: str) -> str | None:
    """A program from the folder of this Python, where packages from PyPI install theirs, or from PATH."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return shutil.which(name, path=folders)
