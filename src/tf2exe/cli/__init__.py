"""The commands of `tf2exe`, one file each: its options, and what it shows."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

MODULES = (
    "build",
    "verify",
    "explain",
    "inspect",
    "doctor",
    "baseline",
    "compare",
    "import_spec",
    "clear_cache",
    "toolchain",
)
"""In the order of `tf2exe --help`."""


class Command(Protocol):
    """The module of a command."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds its options."""

    def run(self, arguments: argparse.Namespace, errors: Console) -> int:
        """Runs it and returns the exit code."""
        ...


def import_commands() -> list[Command]:
    """Imports all commands."""
    return [cast("Command", importlib.import_module(f"{__name__}.{name}")) for name in MODULES]
