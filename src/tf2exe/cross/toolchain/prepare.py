"""Prepares the toolchain, piece by piece; what is there and made of the same is not made again."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock

from tf2exe.cross.toolchain import contents, wine
from tf2exe.cross.toolchain.components import MEGABYTE, PACKAGES, pieces
from tf2exe.errors import ToolchainError
from tf2exe.system.progress import Stages, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tf2exe.cross.toolchain.components import Piece
    from tf2exe.cross.toolchain.location import Place
    from tf2exe.system.progress import Listener


@dataclass(frozen=True)
class Made:
    """A piece that was made: bytes on the disk."""

    size: int


def damaged(place: Place) -> dict[str, tuple[str, ...]]:
    """Files that were deleted or cut off since they were made, by the name of their piece; takes a second."""
    gone = missing(place)
    found = {}
    for piece in pieces(place, place.folder, "", lambda _line: None):
        record = _contents(place, piece)
        if piece.name not in gone and record.is_file():
            found[piece.name] = contents.differing(piece.lasting, record.read_text(encoding="utf-8"))
    return {name: files for name, files in found.items() if files}


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
    place: Place, listener: Listener, *, groups: tuple[str, ...] = PACKAGES, mirror: str = ""
) -> tuple[str, ...]:
    """Makes what is missing or damaged; returns its names.

    Raises:
        MachineError: a tool of the machine is missing.
        ToolchainError: a piece could not be made; those before it are kept.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    log = place.folder / "prepare.log"
    with FileLock(place.folder / "lock"):
        for name in damaged(place):
            _forget(place, name)
        names = missing(place, groups)
        stages = Stages(names, listener)
        everything = pieces(place, log, mirror, lambda line: listener.on_step(Step("output", line)))
        _refuse_small_disk(place, sum(piece.room for piece in everything if piece.name in names))
        if names:
            log.write_text("", encoding="utf-8")
        for piece in everything:
            if piece.name not in names:
                continue
            with stages.run(piece.name) as stage, _full_disk_told(place):
                stage.output(piece.purpose)
                piece.make()
                _remember(place, piece)
                stage.set_result(Made(_size(piece.folder)))
    return names


def _refuse_small_disk(place: Place, room: int) -> None:
    free = shutil.disk_usage(place.folder).free
    if free < room:
        raise ToolchainError(
            "not enough disk space for the toolchain",
            f"{place.folder} has {free / 1e9:.1f} GB free, and {room / 1e9:.1f} GB are required",
            "free disk space, or set TF2EXE_TOOLCHAIN_DIR to another folder",
        )


@contextmanager
def _full_disk_told(place: Place) -> Iterator[None]:
    """Whatever fails on a full disk fails because of it, and says so in its own way."""
    try:
        yield
    except (OSError, ToolchainError) as error:
        if shutil.disk_usage(place.folder).free > 10 * MEGABYTE:
            raise
        remedy = "free disk space; the same command continues where it stopped"
        raise ToolchainError("the disk is full", str(place.folder), remedy) from error


def remove(place: Place) -> bool:
    """Deletes it; whether there was one.

    Raises:
        ToolchainError: the folder is not a toolchain.
    """
    if not place.folder.is_dir():
        return False
    if not (place.folder / "lock").is_file():
        raise ToolchainError(
            f"{place.folder} is not a toolchain", "it was not prepared by tf2exe", "delete it by hand"
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


def _contents(place: Place, piece: Piece) -> Path:
    return place.folder / "contents" / piece.name


def _remember(place: Place, piece: Piece) -> None:
    record = _contents(place, piece)
    record.parent.mkdir(exist_ok=True)
    record.write_text(contents.listed(piece.lasting), encoding="utf-8")
    _write(place, {**_state(place), piece.name: piece.digest})


def _forget(place: Place, name: str) -> None:
    _write(place, {known: made_of for known, made_of in _state(place).items() if known != name})


def _write(place: Place, state: dict[str, str]) -> None:
    partial = place.folder / "state.json.partial"
    partial.write_text(json.dumps({"format": 1, "pieces": state}, indent=1), encoding="utf-8")
    partial.replace(place.folder / "state.json")
