"""Finds the models that an executable was built with, so that Python runs the same ones."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tf2exe.config import build_info
from tf2exe.convert.converted_models import converted_folder
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.application import Application


def find_built_models(application: Application, root: Path) -> Path | None:
    """Finds the folder of the models that were converted for an executable.

    It is in the build folder. The executable's copies are not used: a damaged copy would be compared with
    itself.

    Args:
        application: the application that the executable was built from.
        root: the folder of the executable's files.

    Returns:
        None: the executable has no converted models.

    Raises:
        ConfigurationError: the build folder does not have these models.
    """
    info = build_info.find(root)
    if info is None or not info.models:
        return None
    folder = converted_folder(application.build)
    for destination, sha256 in info.models.items():
        model = folder / destination
        if not model.is_file() or hashlib.sha256(model.read_bytes()).hexdigest() != sha256:
            raise ConfigurationError(
                "the converted models of the executable were not found",
                f"{folder} does not have the '{destination}' that it was built with",
                "give its build folder with --build-dir, or build it again",
            )
    return folder


def read_runtime(root: Path) -> str:
    """Reads the runtime that an executable was built for; empty: it is not recorded."""
    info = build_info.find(root)
    return info.runtime if info else ""
