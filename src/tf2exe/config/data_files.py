"""Reads the setting `data`: the data files and their destinations."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.config.application import DataFile
from tf2exe.errors import ConfigurationError
from tf2exe.system import file_tree

if TYPE_CHECKING:
    from collections.abc import Iterable


def find_data_files(
    texts: Iterable[str], project: Path, base: Path, taken: tuple[str, ...]
) -> tuple[DataFile, ...]:
    """The files of all entries, ``SRC`` or ``SRC=DEST``.

    Args:
        texts: the entries.
        project: the folder that SRC starts from.
        base: the folder of the program, which corresponds to the executable's folder.
        taken: names in the executable's folder that tf2exe uses.

    Raises:
        ConfigurationError: nothing matches, a destination is outside the executable's folder, or two files
            have the same one.
    """
    found: dict[str, DataFile] = {}
    for text in texts:
        for file in _entry(text, project, base, taken):
            earlier = found.setdefault(file.destination, file)
            if earlier.source != file.source:
                raise ConfigurationError(
                    f"two data files have the same destination '{file.destination}'",
                    f"{earlier.source} by {earlier.reason}, and {file.source} by {file.reason}",
                    "give one of them another DEST",
                )
    return tuple(found.values())


def _entry(text: str, project: Path, base: Path, taken: tuple[str, ...]) -> list[DataFile]:
    """The files of one entry, ``SRC`` or ``SRC=DEST``."""
    pattern, _, destination = text.partition("=")
    matches = sorted(glob.glob(str(project / pattern)))  # noqa: PTH207 - Path.glob refuses absolute patterns
    if not matches:
        raise ConfigurationError(
            f"no data '{pattern}'", f"nothing matches it below {project}", "check --data"
        )
    several = destination.endswith("/") or len(matches) > 1
    files = []
    for match in map(Path, matches):
        into_folder = several or (destination == "." and match.is_file())
        target = _destination(match, destination, base, into_folder=into_folder)
        if Path(target).parts[:1] in [(name,) for name in taken]:
            raise ConfigurationError(
                f"invalid data destination '{target}'",
                f"'{Path(target).parts[0]}' is a part of the executable itself",
                "choose another DEST, or another --name",
            )
        for member in file_tree.list_files(match):
            inside = target if member == match else f"{target}/{member.relative_to(match).as_posix()}"
            files.append(DataFile(member.resolve(), inside.removeprefix("./"), f"data '{text}'"))
    return files


def _destination(match: Path, destination: str, base: Path, *, into_folder: bool) -> str:
    if destination:
        target = f"{destination.rstrip('/')}/{match.name}" if into_folder else destination
    else:
        resolved = match.resolve()
        target = resolved.relative_to(base).as_posix() if resolved.is_relative_to(base) else match.name
    parts = Path(target).parts
    if Path(target).is_absolute() or ".." in parts:
        raise ConfigurationError(
            f"invalid data destination '{target}'",
            "it is outside of the executable's folder",
            "choose another DEST",
        )
    return target
