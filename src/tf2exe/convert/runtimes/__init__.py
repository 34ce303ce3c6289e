"""The runtimes: a module for each one whose models are converted (docs/how-to/add-a-runtime.md)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tf2exe.config.application import Application, DataFile
    from tf2exe.convert.converted_models import Agreement, Model
    from tf2exe.system.progress import Step


class Converter(Protocol):
    """Converts models for a runtime, and compares them with the originals.

    The builder imports no package of a runtime; code that needs one runs in a child process.
    """

    def find_models(self, data: Sequence[DataFile]) -> tuple[tuple[DataFile, ...], ...]:
        """Finds the models among the data files. A model that is a folder has several files."""
        ...

    def convert(
        self, application: Application, *, log: Path, on_step: Callable[[Step], None]
    ) -> tuple[tuple[Model, ...], str]:
        """Converts the models among the data files.

        Returns:
            The models, and the distribution that converted, with its version (empty: none was converted).

        Raises:
            ConversionError: a model has operations that the runtime does not have.
            MachineError: the package that converts is not installed.
        """
        ...

    def measure_agreement(
        self, models: Sequence[Model], calls: Path, *, folder: Path, log: Path
    ) -> Agreement | None:
        """Runs the original models with the recorded inputs, and compares their output with the recorded one.

        Args:
            models: the converted models.
            calls: the folder with the recorded calls.
            folder: for the files of the comparison.
            log: gets the output of the child process.

        Returns:
            None: no converted model was called.
        """
        ...


RUNTIMES = {"tensorflow": "", "litert": "tf2exe.convert.runtimes.litert"}
"""The module of each runtime; empty: it uses the models unchanged."""


def find_converter(runtime: str) -> Converter | None:
    """The module that converts models for a runtime; None: it uses them unchanged."""
    name = RUNTIMES[runtime]
    return cast("Converter", importlib.import_module(name)) if name else None
