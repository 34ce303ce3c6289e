"""The application: the result of the stage *config*."""

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
    """The entry point of the program.

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
    """A data file of the application.

    Attributes:
        source: the file to bundle.
        destination: its path relative to the executable's folder, with forward slashes.
        reason: why it is bundled.
    """

    source: Path
    destination: str
    reason: str


def path_in_argument(word: str) -> str:
    """The part of an argument that may be a path: the argument, or the value of an ``--option=``."""
    return word.partition("=")[2] if word.startswith("-") else word


@dataclass(frozen=True)
class Sample:
    """A command line of the application.

    Attributes:
        name: its name in reports.
        arguments: the command line without the program's name.
        stdin: the file for standard input; None: standard input is empty.
        inputs: files that the arguments name, each with its path in the working folder.
        environment: variables for Python and for the executable.
        stdout: the kind of standard output.
        stderr: the kind of standard error.
    """

    name: str
    arguments: tuple[str, ...]
    stdin: Path | None
    inputs: tuple[tuple[Path, str], ...]
    environment: tuple[tuple[str, str], ...] = ()
    stdout: Stream = "captured"
    stderr: Stream = "captured"

    def copy_inputs(self, folder: Path) -> None:
        """Copies its input files into its working folder."""
        for source, name in self.inputs:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


@dataclass(frozen=True)
class Origin:
    """The origin of a setting's value: `default`, `command line`, or a file."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True)
class Application:
    """The Python program that is built.

    Attributes:
        name: the name of the executable, without suffix.
        project: the folder that relative paths of the settings start from.
        entry: the entry point.
        roots: folders with its own modules, in the order of ``sys.path``.
        data: its data files.
        samples: its samples.
        settings: all settings.
        origins: the origin of each setting.
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
