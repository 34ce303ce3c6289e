"""Runs PyInstaller."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from tf2exe.errors import CompileError, MachineError
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.system.progress import Stage


def pyinstaller_version() -> str:
    """The version of PyInstaller.

    Raises:
        MachineError: it is not installed in this Python.
    """
    if importlib.util.find_spec("PyInstaller") is None:
        raise MachineError(
            "PyInstaller is missing", "it is not installed in this Python", "pip install 'tf2exe[compare]'"
        )
    return version("pyinstaller")


def run_pyinstaller(spec: Path, folder: Path, log: Path, stage: Stage) -> Path:
    """Builds a spec file.

    Args:
        spec: the spec file.
        folder: the folder of the build; the result is in its subfolder ``dist``.
        log: gets the output of PyInstaller.
        stage: shows it.

    Returns:
        The executable of a onefile build, or the folder.

    Raises:
        CompileError: PyInstaller failed.
    """
    folders = ["--distpath", str(folder / "dist"), "--workpath", str(folder / "work")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", *folders, str(spec)]
    # A separate cache, so that an earlier build does not make this one faster.
    env = {**os.environ, "PYINSTALLER_CONFIG_DIR": str(folder / "cache")}
    run_logged(
        command,
        log=log,
        cwd=folder,
        env=env,
        on_line=stage.output,
        remedy="see the log; `pyinstaller NAME.spec` builds the same by hand",
    )
    shutil.rmtree(folder / "work", ignore_errors=True)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    built = sorted((folder / "dist").iterdir())
    if len(built) != 1:
        raise CompileError(
            "PyInstaller built nothing",
            f"{folder / 'dist'} does not contain exactly one file or folder",
            "see the log",
            log,
        )
    return built[0]


def count_bytes_and_files(path: Path) -> tuple[int, int]:
    """The bytes and the number of the files in a folder, or of one file. A link has no bytes."""
    if not path.is_dir():
        return path.stat().st_size, 1
    files = [file for file in path.rglob("*") if file.is_symlink() or file.is_file()]
    return sum(0 if file.is_symlink() else file.stat().st_size for file in files), len(files)
