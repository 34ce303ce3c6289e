"""What computes the models inside an executable.

A further runtime is a module here, a row in `RUNTIMES`, a file in `nuitka_options/runtimes/`, and its name in
the settings. What a module needs of the runtime itself it does in a child process.
"""

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
    """Makes models of a runtime from others, and compares them."""

    def models(self, data: Sequence[DataFile]) -> tuple[tuple[DataFile, ...], ...]:
        """The models among the data files; one that is a folder is all its files."""
        ...

    def convert(
        self, application: Application, *, log: Path, on_step: Callable[[Step], None]
    ) -> tuple[tuple[Model, ...], str]:
        """Converts the models among the data files; returns them and the program that did it.

        Raises:
            ConversionError: a model has operations that the runtime does not know.
            MachineError: a package that converts is not installed.
        """
        ...

    def compare(self, models: Sequence[Model], calls: Path, *, folder: Path, log: Path) -> Agreement | None:
        """Computes what the samples fed the models with the original ones, too."""
        ...


RUNTIMES = {"tensorflow": "", "litert": "tf2exe.convert.runtimes.litert"}
"""The modules of the runtimes; none: the models are used as they are."""


def converter(runtime: str) -> Converter | None:
    """What converts models for a runtime; None: nothing has to."""
    name = RUNTIMES[runtime]
    return cast("Converter", importlib.import_module(name)) if name else None
