"""Finds the converted models of an executable, so that Python uses the same ones."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tf2exe.config import build_info
from tf2exe.convert.converted_models import converted_files
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.application import Application


def find_models(application: Application, root: Path) -> Path | None:
    """The folder of the models that were converted for an executable; None: it has none.

    They are those of the build folder, not the executable's copies: a damaged copy would be compared with
    itself.

    Args:
        application: the application that the executable was built from.
        root: the folder of the executable's files.

    Raises:
        ConfigurationError: the build folder does not have these models.
    """
    info = build_info.find(root)
    if info is None or not info.models:
        return None
    folder = converted_files(application.build)
    for destination, sha256 in info.models.items():
        model = folder / destination
        if not model.is_file() or hashlib.sha256(model.read_bytes()).hexdigest() != sha256:
            raise ConfigurationError(
                "the converted models of the executable were not found",
                f"{folder} does not have the '{destination}' that it was built with",
                "give its build folder with --build-dir, or build it again",
            )
    return folder


def runtime_of(root: Path) -> str:
    """The runtime that an executable was built for; empty: it does not say."""
    info = build_info.find(root)
    return info.runtime if info else ""
