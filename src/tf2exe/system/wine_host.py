"""What a builder that runs in Wine asks of the Linux machine around it.

`--target windows-x86_64` starts the builder in Wine with these variables. `native.exe` (toolchain/native/)
runs programs of the machine, whose root is drive Z: there.
"""

from __future__ import annotations

import os
from pathlib import PureWindowsPath
from typing import Any

PROGRAM_VARIABLE = "TF2EXE_NATIVE"
"""Names `native.exe`."""
PYTHON_VARIABLE = "TF2EXE_NATIVE_PYTHON"
"""Names the machine's Python, the one that started the build."""

BEGIN = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv.pop(0); "
RUN = "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"


def module_command(module: str, source: str) -> list[str] | None:
    """How a module below the folder ``source`` runs in the machine's Python; None: we are not in Wine."""
    program, python = os.environ.get(PROGRAM_VARIABLE), os.environ.get(PYTHON_VARIABLE)
    if not program or not python:
        return None
    # Isolated: what Wine's environment says of Python holds for the Windows one.
    return [program, python, "-I", "-c", BEGIN + RUN, source, module]


def unix_paths(value: Any) -> Any:  # noqa: ANN401 - what JSON can hold
    """The same with every absolute Windows path as the machine writes it."""
    if isinstance(value, dict):
        return {key: unix_paths(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unix_paths(item) for item in value]
    if isinstance(value, str) and (path := PureWindowsPath(value)).drive.upper() == "Z:" and path.root:
        return path.as_posix()[2:]
    return value
