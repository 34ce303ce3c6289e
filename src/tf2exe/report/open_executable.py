"""Opens the files of an executable, in a folder or in a onefile."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

import zstandard

from tf2exe import layout
from tf2exe.config.build_info import BuildInfo
from tf2exe.errors import InspectionError
from tf2exe.onefile import reader
from tf2exe.system import file_tree
from tf2exe.system.document import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class ExecutableFile:
    """A file of an executable; `open` gives its content."""

    path: str
    size: int
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class OpenExecutable:
    """An executable, ready to be read.

    Attributes:
        mode: standalone or onefile.
        name: of the program.
        program: which of the files users start.
        start: which of the files is the program itself; the launcher of a onefile starts it.
        size: bytes of what is distributed.
        identity: of a onefile's contents; empty: a folder.
        files: all of them; the launcher of a onefile first, under its own name.
    """

    mode: str
    name: str
    program: str
    start: str
    size: int
    identity: str
    files: tuple[ExecutableFile, ...]


@contextmanager
def open_executable(path: Path) -> Iterator[OpenExecutable]:
    """Opens a onefile, a standalone folder, or the program in one.

    Raises:
        InspectionError: it is none of these, or it is damaged.
    """
    try:
        if path.is_dir():
            yield _folder(path, "")
            return
        with path.open("rb") as file:
            archive = reader.read_archive(file, path)
            if archive is not None:
                reader.verify_chunks(file, path, archive)
                yield _onefile(file, path, archive)
                return
        program = path.resolve()
        yield _folder(program.parent, program.name)
    except OSError as error:
        raise InspectionError(
            f"{path} cannot be read", error.strerror or str(error), "give an executable"
        ) from error
    except (zstandard.ZstdError, ValueError) as error:
        raise InspectionError(f"{path} is damaged", str(error), "get it again") from error


def _folder(folder: Path, program: str) -> OpenExecutable:
    path = folder / layout.BUILD_INFO
    if not path.is_file():
        what = folder / program if program else folder
        raise InspectionError(
            f"{what} is not a tf2exe executable",
            f"it is not a onefile, and {layout.BUILD_INFO} is not beside it",
            "give the file or folder that `tf2exe build` wrote",
        )
    try:
        name = BuildInfo.read(path).name
    except DocumentError as error:
        raise InspectionError(f"{folder} is damaged", str(error), "get it again") from error
    found = [path for path in file_tree.list_files(folder) if not path.is_symlink()]
    files = tuple(
        ExecutableFile(path.relative_to(folder).as_posix(), path.stat().st_size, partial(_content, path))
        for path in found
    )
    start = program or next((n for n in (name, f"{name}.exe") if (folder / n).is_file()), "")
    if not start:
        raise InspectionError(f"{folder} is damaged", f"{name} is missing", "get it again")
    return OpenExecutable("standalone", name, start, start, sum(file.size for file in files), "", files)


def _content(path: Path) -> IO[bytes]:
    return path.open("rb")


def _onefile(file: IO[bytes], path: Path, archive: reader.Archive) -> OpenExecutable:
    stream = reader.RawStream(file, path, archive)
    file.seek(0)
    launcher = file.read(archive.launcher_size)
    own = f"{path.name} (launcher)"
    files = [ExecutableFile(own, archive.launcher_size, partial(io.BytesIO, launcher))]
    files += [
        ExecutableFile(entry.path, entry.size, partial(_archived_file, stream, offset, entry.size))
        for entry, offset in archive.file_offsets()
    ]
    return OpenExecutable(
        "onefile",
        archive.index.name,
        own,
        archive.index.start,
        path.stat().st_size,
        archive.identity,
        tuple(files),
    )


def _archived_file(stream: reader.RawStream, offset: int, size: int) -> IO[bytes]:
    return io.BufferedReader(reader.ArchivedFile(stream, offset, size), 1 << 16)
