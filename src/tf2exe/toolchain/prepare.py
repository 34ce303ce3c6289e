"""Prepares the toolchain, piece by piece; what is there and made of the same is not made again."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock

from tf2exe.errors import ToolchainError
from tf2exe.runtimes import RUNTIMES as KNOWN
from tf2exe.toolchain import machine, pip, python, stand_ins, warm, wine
from tf2exe.toolchain.pins import COMPARE, digest, pins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tf2exe.progress import Progress
    from tf2exe.toolchain.place import Place

RUNTIMES = tuple(sorted(KNOWN))
PACKAGES = (*RUNTIMES, COMPARE)
"""Groups of packages; a build needs those of its runtime alone."""
MEGABYTE = 1_000_000
ROOM = {
    "machine": 1400 * MEGABYTE,
    "python": 400 * MEGABYTE,
    "litert": 300 * MEGABYTE,
    "tensorflow": 2800 * MEGABYTE,
    "compare": 50 * MEGABYTE,
    "compiler": 200 * MEGABYTE,
    "prefix": 900 * MEGABYTE,
    "warm": 200 * MEGABYTE,
}


@dataclass(frozen=True)
class Piece:
    """A part of the toolchain.

    Attributes:
        name: how it is called in progress and in the state.
        question: what it is for.
        folder: what it makes.
        room: bytes that it takes on the disk while it is made, measured and rounded up.
        digest: what it is made of; another one is made anew.
        make: makes it.
    """

    name: str
    question: str
    folder: Path
    room: int
    digest: str
    make: Callable[[], None]


def pieces(place: Place, log: Path, mirror: str, on_line: Callable[[str], None]) -> tuple[Piece, ...]:
    """All of them, in the order in which they need each other."""
    wanted = pins()

    def packages(group: str) -> Piece:
        def make() -> None:
            folder = place.packages(group)
            shutil.rmtree(folder, ignore_errors=True)
            pip.install_wheels(wanted.of(group), wanted.python_version, folder, log=log, on_line=on_line)

        made_of = digest(wanted.of(group), wanted.python_version)
        question = "PyInstaller" if group == COMPARE else f"packages of the runtime {group}"
        return Piece(group, question, place.packages(group), ROOM[group], made_of, make)

    here = str(place.folder)  # Wine's files name their place
    return (
        Piece(
            "machine",
            "Wine, from Debian packages",
            place.machine,
            ROOM["machine"],
            digest(wanted.machine, here, machine.FORMAT),
            lambda: machine.make(wanted.machine, place.machine, log=log, mirror=mirror, on_line=on_line),
        ),
        Piece(
            "python",
            "CPython for Windows, the builder's packages, DLLs",
            place.python,
            ROOM["python"],
            digest(wanted.python, wanted.nuitka, wanted.of("builder"), wanted.of("system")),
            lambda: python.make(wanted, place.python, log=log, on_line=on_line),
        ),
        *(packages(group) for group in PACKAGES),
        Piece(
            "compiler",
            "stand-ins for the machine's Zig",
            place.programs,
            ROOM["compiler"],
            digest([str(content) for content in stand_ins.content()]),
            lambda: stand_ins.make(place, log=log),
        ),
        Piece(
            "prefix",
            "drive C: of Wine",
            place.prefix,
            ROOM["prefix"],
            digest(wanted.machine, here, machine.FORMAT, wine.FORMAT),
            lambda: _prefix(place),
        ),
        Piece(
            "warm",
            "what every build compiles alike",
            place.folder / "warm",
            ROOM["warm"],
            digest(wanted.python, wanted.nuitka, wanted.of("builder"), [str(c) for c in stand_ins.content()]),
            lambda: warm.make(place, place.folder / "warm", groups=RUNTIMES, log=log),
        ),
    )


def _prefix(place: Place) -> None:
    if place.prefix.is_dir():
        wine.end_server(place)
        shutil.rmtree(place.prefix, ignore_errors=True)
    wine.make_prefix(place)


def missing(place: Place, groups: tuple[str, ...] = PACKAGES) -> tuple[str, ...]:
    """The pieces that are not there, or made of something else than today's pins."""
    state = _state(place)
    return tuple(
        piece.name
        for piece in pieces(place, place.folder, "", lambda _line: None)
        if (piece.name not in PACKAGES or piece.name in groups)
        and (state.get(piece.name) != piece.digest or not piece.folder.is_dir())
    )


def prepare(
    place: Place, progress: Progress, *, groups: tuple[str, ...] = PACKAGES, mirror: str = ""
) -> tuple[str, ...]:
    """Makes what is missing; returns its names.

    Raises:
        MachineError: a tool of the machine is missing.
        ToolchainError: a piece could not be made; those before it are kept.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    log = place.folder / "prepare.log"
    with FileLock(place.folder / "lock"):
        names = missing(place, groups)
        progress.stages = len(names)
        everything = pieces(place, log, mirror, progress.detail)
        _refuse_small_disk(place, sum(piece.room for piece in everything if piece.name in names))
        if names:
            log.write_text("", encoding="utf-8")
        for piece in everything:
            if piece.name not in names:
                continue
            with progress.stage(piece.name, piece.question), _full_disk_told(place):
                piece.make()
                _remember(place, piece)
                progress.result(f"{_size(piece.folder) / 1e6:.0f} MB")
    return names


def _refuse_small_disk(place: Place, room: int) -> None:
    free = shutil.disk_usage(place.folder).free
    if free < room:
        raise ToolchainError(
            "too little space for the toolchain",
            f"{place.folder} has {free / 1e9:.1f} GB left, and {room / 1e9:.1f} GB are needed",
            "make space, or name a folder elsewhere in TF2EXE_TOOLCHAIN_DIR",
        )


@contextmanager
def _full_disk_told(place: Place) -> Iterator[None]:
    """Whatever fails on a full disk fails because of it, and says so in its own way."""
    try:
        yield
    except (OSError, ToolchainError) as error:
        if shutil.disk_usage(place.folder).free > 10 * MEGABYTE:
            raise
        remedy = "make space: the same command goes on where it stopped"
        raise ToolchainError("the disk is full", str(place.folder), remedy) from error


def remove(place: Place) -> bool:
    """Deletes it; whether there was one.

    Raises:
        ToolchainError: the folder is no toolchain.
    """
    if not place.folder.is_dir():
        return False
    if not (place.folder / "lock").is_file():
        raise ToolchainError(
            f"{place.folder} is no toolchain", "it was not prepared by tf2exe", "delete it by hand"
        )
    if place.prefix.is_dir() and place.server.exists():
        wine.end_server(place)
    shutil.rmtree(place.folder)
    return True


def size(place: Place) -> int:
    """Bytes on the disk."""
    return _size(place.folder)


def _size(folder: Path) -> int:
    return sum(
        os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 - called for many thousands
        for parent, _, names in os.walk(folder)
        for name in names
    )


def _state(place: Place) -> dict[str, str]:
    path = place.folder / "state.json"
    try:
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["pieces"]
    except (OSError, ValueError, KeyError):
        return {}
    return found


def _remember(place: Place, piece: Piece) -> None:
    state = {**_state(place), piece.name: piece.digest}
    partial = place.folder / "state.json.partial"
    partial.write_text(json.dumps({"format": 1, "pieces": state}, indent=1), encoding="utf-8")
    partial.replace(place.folder / "state.json")
