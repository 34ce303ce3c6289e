"""Reads the files of `nuitka_options/`."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from tf2exe.system.shipped_files import shipped_path

if TYPE_CHECKING:
    from pathlib import Path


def data_folder() -> Path:
    """The folder `nuitka_options`."""
    return shipped_path("nuitka_options")


def read_toml(name: str) -> dict[str, Any]:
    """The content of a file of the folder.

    Args:
        name: its path inside the folder, such as `packages/numpy.toml`.
    """
    with (data_folder() / name).open("rb") as stored:
        return tomllib.load(stored)
