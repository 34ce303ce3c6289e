"""Puts an executable where nothing else is: a copy without neighbours, an environment without Python."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tf2exe import links

KEPT_PREFIXES = ("TF_", "KERAS_", "OMP_", "MKL_", "CUDA_", "ONEDNN_")
"""Variables that steer the computation; both sides must see the same ones."""

KEPT_VARIABLES = ("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "SystemRoot", "SYSTEMROOT", "TEMP", "TMP")
"""What the executable sees of the user's environment: language, time zone, what Windows cannot do without."""


def clean_copy(built: Path, target: Path, name: str) -> Path:
    """Puts the executable where nothing else is; returns its path."""
    target.mkdir(parents=True)
    suffix = ".exe" if sys.platform == "win32" else ""
    if built.is_dir():
        # What is linked would change with the copy, should the program write into its own files.
        shutil.copytree(built, target / name, ignore=lambda here, _: ["lib"] if Path(here) == built else [])
        links.mirror(built / "lib", target / name / "lib")
        return target / name / f"{name}{suffix}"
    shutil.copy2(built, target / built.name)
    return target / built.name


def bare_environment(base: Path) -> dict[str, str]:
    """No Python, no PATH to one, no variable of Python's, a home that is empty."""
    home, empty = base / "home", base / "empty"
    home.mkdir(parents=True, exist_ok=True)
    empty.mkdir(exist_ok=True)
    kept = {k: v for k, v in os.environ.items() if k in KEPT_VARIABLES or k.startswith(KEPT_PREFIXES)}
    return {
        **kept,
        "PATH": str(empty),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "TF2EXE_CACHE_DIR": str(base / "cache"),
    }
