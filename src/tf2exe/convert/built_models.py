"""Finds the converted models that an executable computes, so that Python computes the same ones."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tf2exe.config import build_info
from tf2exe.config.conversion import Conversion, converted_files
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.application import Application


def with_models_of(application: Application, root: Path) -> Application:
    """The application with the models that its build has converted for an executable.

    The executable's own copies are not taken: a damaged one would be compared with itself.

    Args:
        application: what the executable was made from.
        root: the executable's files.

    Raises:
        ConfigurationError: the build folder does not hold these models.
    """
    info = build_info.find(root)
    if info is None or not info.models:
        return application
    folder = converted_files(application.build)
    for place, sha256 in info.models.items():
        model = folder / place
        if not model.is_file() or hashlib.sha256(model.read_bytes()).hexdigest() != sha256:
            raise ConfigurationError(
                "the converted models of the executable were not found",
                f"{folder} does not have the '{place}' that it was built with",
                "give its build folder with --build-dir, or build it again",
            )
    return computing(application, info.runtime, folder)


def computing(application: Application, runtime: str, folder: Path) -> Application:
    """The application whose models in Python are those that were converted into a folder."""
    return replace(application, conversion=Conversion(runtime, "", (), folder, ""))


def runtime_of(root: Path) -> str:
    """The runtime that an executable was built for; empty: it does not say."""
    info = build_info.find(root)
    return info.runtime if info else ""
