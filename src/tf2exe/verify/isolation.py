"""Isolates an executable: a copy in an empty folder, a minimal environment without Python."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tf2exe import layout
from tf2exe.config import build_info
from tf2exe.errors import ConfigurationError
from tf2exe.system import hard_links, host

KEPT_PREFIXES = ("TF_", "KERAS_", "OMP_", "MKL_", "CUDA_", "ONEDNN_")
"""Variables that control the computation; both sides get the same ones."""

KEPT_VARIABLES = (
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "SystemRoot",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "QT_QPA_PLATFORM",
)
"""The executable gets these variables of the user: language, time zone, screen, and what Windows needs."""


def find_program(given: Path) -> tuple[Path, str]:
    """The files of an executable, and the name of the program among them.

    Args:
        given: a onefile, a standalone folder, or the program in one.

    Returns:
        The file or folder to copy, and the name of the file to run.

    Raises:
        ConfigurationError: the file does not exist, or the folder has no program.
    """
    if not given.exists():
        raise ConfigurationError(f"no executable {given}", "there is no such file", "check the path")
    path = given.resolve()
    if path.is_dir():
        names = [f"{path.name}{suffix}" for suffix in ("", ".exe")]
        if info := build_info.find(path):
            names = [f"{info.name}{suffix}" for suffix in ("", ".exe")]
        program = next((name for name in names if (path / name).is_file()), None)
        if program is None:
            raise ConfigurationError(
                f"no program in {given}", f"it has no file {names[0]}", "give the program itself"
            )
        return path, program
    return (path.parent, path.name) if (path.parent / layout.BUILD_INFO).is_file() else (path, path.name)


def copy_executable(built: Path, target: Path, program: str) -> Path:
    """Copies an executable into a new folder.

    Args:
        built: a onefile, or a folder.
        target: the new folder.
        program: the name of the file to run.

    Returns:
        The file to run.
    """
    target.mkdir(parents=True)
    if not built.is_dir():
        shutil.copy2(built, target / program)
        return target / program
    # Only `lib` is hard-linked: a program may write into its own data, which must not change the build.
    copy = target / Path(program).stem
    shutil.copytree(built, copy, ignore=lambda here, _: ["lib"] if Path(here) == built else [])
    if (built / "lib").is_dir():
        hard_links.mirror(built / "lib", copy / "lib")
    return copy / program


def temporary_folder_variables(folder: Path) -> dict[str, str]:
    """The variables that make a folder the one for temporary files."""
    names = ("TEMP", "TMP") if host.IS_WINDOWS else ("TMPDIR",)
    return dict.fromkeys(names, str(folder))


def minimal_environment(base: Path) -> dict[str, str]:
    """An environment without Python: an empty PATH, no variable of Python, an empty home folder."""
    home, empty = base / "home", base / "empty"
    home.mkdir(parents=True, exist_ok=True)
    empty.mkdir(exist_ok=True)
    kept = {k: v for k, v in os.environ.items() if k in KEPT_VARIABLES or k.startswith(KEPT_PREFIXES)}
    if "DISPLAY" in kept:  # X11 reads the permission from a file, by default in the home folder
        kept["XAUTHORITY"] = os.environ.get("XAUTHORITY") or str(Path.home() / ".Xauthority")
    return {
        **kept,
        "PATH": str(empty),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TF2EXE_CACHE_DIR": str(base / "cache"),
    }
