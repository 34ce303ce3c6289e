"""What is built: the result of the stage *config*."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.settings import Settings
    from tf2exe.config.target import Target
    from tf2exe.system.captured_process import Stream


@dataclass(frozen=True)
class Entry:
    """Where the program begins.

    Attributes:
        kind: a script, a package that is run with ``-m``, or a function.
        target: the script's path, the package's name, or ``module:function``.
        source: the file that becomes the main module; None for a function.
    """

    kind: Literal["script", "package", "function"]
    target: str
    source: Path | None


@dataclass(frozen=True)
class DataFile:
    """A file that travels with the application.

    Attributes:
        source: where it is now.
        destination: where it will be, relative to the executable's folder, with forward slashes.
        reason: why it is carried.
    """

    source: Path
    destination: str
    reason: str


def path_in_argument(word: str) -> str:
    """What a word of a command line may name a file with: itself, or behind an option's ``=``."""
    return word.partition("=")[2] if word.startswith("-") else word


@dataclass(frozen=True)
class Sample:
    """A command line of the application.

    Attributes:
        name: how it is called in reports.
        arguments: what follows the program's name.
        stdin: the file that standard input reads; None: it is empty.
        inputs: files that the arguments name, each with the path under which the sample names it.
        environment: variables that both sides get.
        stdout: what the program gets as standard output.
        stderr: what the program gets as standard error.
    """

    name: str
    arguments: tuple[str, ...]
    stdin: Path | None
    inputs: tuple[tuple[Path, str], ...]
    environment: tuple[tuple[str, str], ...] = ()
    stdout: Stream = "captured"
    stderr: Stream = "captured"

    def copy_inputs(self, folder: Path) -> None:
        """Puts copies of its input files where its command line looks for them."""
        for source, name in self.inputs:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


@dataclass(frozen=True)
class Origin:
    """Where a setting's value came from."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True)
class Application:
    """The Python program that is built.

    Attributes:
        name: of the executable, without suffix.
        project: the folder that relative paths of the settings start from.
        entry: where the program begins.
        roots: folders in which its own modules are found, in the order of ``sys.path``.
        data: files that travel with it.
        samples: its command lines for tracing and parity.
        settings: everything else, as the user set it.
        origins: where each value came from.
        target: the platform of the executable.
        output: the folder for the executable.
        build: the folder for everything else.
    """

    name: str
    project: Path
    entry: Entry
    roots: tuple[Path, ...]
    data: tuple[DataFile, ...]
    samples: tuple[Sample, ...]
    settings: Settings
    origins: tuple[Origin, ...]
    target: Target
    output: Path
    build: Path

    @property
    def program(self) -> str:
        """The file name of the executable."""
        return self.target.executable_name(self.name)
