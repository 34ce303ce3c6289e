"""Runs programs of the Linux host from a builder that runs in Wine.

`--target windows-x86_64` starts the builder in Wine with these variables. `native.exe`
(`cross/toolchain/native/`) runs programs of the host, whose root is drive Z: in Wine.
"""

from __future__ import annotations

import os
from pathlib import PureWindowsPath
from typing import Any

PROGRAM_VARIABLE = "TF2EXE_NATIVE"
"""The variable with the path of `native.exe`."""
PYTHON_VARIABLE = "TF2EXE_NATIVE_PYTHON"
"""The variable with the path of the host's Python, which started the build."""

BEGIN = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv.pop(0); "
RUN = "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"


def module_command(module: str, source: str) -> list[str] | None:
    """The command that runs a module below the folder ``source`` in the host's Python; None: outside Wine."""
    program, python = os.environ.get(PROGRAM_VARIABLE), os.environ.get(PYTHON_VARIABLE)
    if not program or not python:
        return None
    # Isolated, because PYTHON* variables in Wine are meant for the Windows Python.
    return [program, python, "-I", "-c", BEGIN + RUN, source, module]


def unix_paths(value: Any) -> Any:  # noqa: ANN401 - what JSON can hold
    """The value with absolute paths of drive Z: as paths of the host."""
    if isinstance(value, dict):
        return {key: unix_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unix_paths(item) for item in value]
    if isinstance(value, str) and (path := PureWindowsPath(value)).drive.upper() == "Z:" and path.root:
        return path.as_posix()[2:]
    return value
