"""The parts of the toolchain, in the order in which they need each other."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.convert.runtimes import RUNTIMES as KNOWN
from tf2exe.cross.toolchain import pip, prewarm, python, rootfs, shims, wine
from tf2exe.cross.toolchain.pins import COMPARE, digest, pins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.cross.toolchain.location import Place

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
    """A component of the toolchain.

    Attributes:
        name: the stage that makes it, and its key in the state.
        purpose: what it is for.
        folder: what it makes.
        room: bytes that it takes on the disk while it is made, measured and rounded up.
        digest: of its sources; the piece is made again if it changes.
        make: makes it.
    """

    name: str
    purpose: str
    folder: Path
    room: int
    digest: str
    make: Callable[[], None]

    @property
    def lasting(self) -> Path:
        """What no build changes: the user's own files lie on drive C:, too."""
        return self.folder / "drive_c/windows/system32" if self.name == "prefix" else self.folder


def pieces(place: Place, log: Path, mirror: str, on_line: Callable[[str], None]) -> tuple[Piece, ...]:
    """All of them, in the order in which they need each other."""
    wanted = pins()

    def packages(group: str) -> Piece:
        def make() -> None:
            folder = place.packages(group)
            shutil.rmtree(folder, ignore_errors=True)
            pip.install_wheels(wanted.of(group), wanted.python_version, folder, log=log, on_line=on_line)

        made_of = digest(wanted.of(group), wanted.python_version)
        purpose = "PyInstaller" if group == COMPARE else f"packages of the runtime {group}"
        return Piece(group, purpose, place.packages(group), ROOM[group], made_of, make)

    here = str(place.folder)  # Wine's files name their place
    return (
        Piece(
            "machine",
            "Wine, from Debian packages",
            place.machine,
            ROOM["machine"],
            digest(wanted.machine, here, rootfs.FORMAT),
            lambda: rootfs.make(wanted.machine, place.machine, log=log, mirror=mirror, on_line=on_line),
        ),
        Piece(
            "python",
            "CPython for Windows, the builder's packages, DLLs",
            place.python,
            ROOM["python"],
            digest(wanted.python, python.NEEDED, wanted.nuitka, *map(wanted.of, ("builder", "system"))),
            lambda: python.make(wanted, place.python, log=log, on_line=on_line),
        ),
        *(packages(group) for group in PACKAGES),
        Piece(
            "compiler",
            "stand-ins for the machine's Zig",
            place.programs,
            ROOM["compiler"],
            digest([str(content) for content in shims.content()]),
            lambda: shims.make(place, log=log),
        ),
        Piece(
            "prefix",
            "drive C: of Wine",
            place.prefix,
            ROOM["prefix"],
            digest(wanted.machine, here, rootfs.FORMAT, wine.FORMAT),
            lambda: _prefix(place),
        ),
        Piece(
            "warm",
            "what every build compiles alike",
            place.folder / "warm",
            ROOM["warm"],
            digest(wanted.python, wanted.nuitka, wanted.of("builder"), [str(c) for c in shims.content()]),
            lambda: prewarm.make(place, place.folder / "warm", groups=RUNTIMES, log=log),
        ),
    )


def _prefix(place: Place) -> None:
    if place.prefix.is_dir():
        wine.end_server(place)
        shutil.rmtree(place.prefix, ignore_errors=True)
    wine.make_prefix(place)
