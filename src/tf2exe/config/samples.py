"""Reads the setting `samples`: command lines, and the files that they name."""

from __future__ import annotations

import glob
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.config import windows_names
from tf2exe.config.application import Sample, path_in_argument
from tf2exe.config.settings import SampleTable
from tf2exe.errors import ConfigurationError
from tf2exe.system import host
from tf2exe.system.file_tree import list_files

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_sample(setting: str | SampleTable, project: Path) -> Sample:
    """A sample with the files that its arguments name.

    Raises:
        ConfigurationError: quotes are not balanced, or the file for standard input is missing.
    """
    if isinstance(setting, str):
        try:
            table = SampleTable(name=setting, arguments=shlex.split(setting))
        except ValueError as error:
            raise ConfigurationError(
                f"sample '{setting}' cannot be split", str(error), "balance the quotes"
            ) from error
    else:
        table = setting
    stdin = (project / table.stdin).resolve() if table.stdin else None
    if stdin is not None and not stdin.is_file():
        raise ConfigurationError(f"no file {stdin}", "a sample reads it from standard input", "correct stdin")
    arguments = [_absolute_outside(argument, project) for argument in table.arguments]
    return Sample(
        name=table.name or shlex.join(table.arguments),
        arguments=tuple(arguments),
        stdin=stdin,
        inputs=tuple(find_input_files(arguments, project)),
    )


def _absolute_outside(argument: str, project: Path) -> str:
    """A path that leaves the project as an absolute path, because samples run in another folder."""
    if ".." in Path(argument).parts and (project / argument).exists():
        return str((project / argument).resolve())
    return argument


def find_input_files(arguments: Iterable[str], project: Path) -> list[tuple[Path, str]]:
    """The files of the project that relative arguments name or match, also after ``=``, with these names."""
    found: list[tuple[Path, str]] = []
    for argument in arguments:
        text = path_in_argument(argument)
        path = Path(text)
        if not text or path.anchor or ".." in path.parts or not path.parts:
            continue
        if host.IS_WINDOWS and not windows_names.is_valid_path(path.as_posix()):
            continue  # Windows drops the space of "photos " and finds another file
        matches = [project / text] if os.path.lexists(project / text) else _matches(text, project)
        for match in matches:
            found += [(file, file.relative_to(project).as_posix()) for file in list_files(match)]
    if host.IS_WINDOWS:  # Wine lists files of Linux that it cannot open
        return [(file, name) for file, name in found if not windows_names.WILDCARDS.search(name)]
    return found


def _matches(pattern: str, project: Path) -> list[Path]:
    return [project / match for match in sorted(glob.glob(pattern, root_dir=project))]  # noqa: PTH207 - as shells do
