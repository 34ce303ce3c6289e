"""The components of the toolchain, in the order of their dependencies."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.convert.runtimes import RUNTIMES as KNOWN
from tf2exe.cross.toolchain import pip, prewarm, python, rootfs, shims, wine
from tf2exe.cross.toolchain.pins import COMPARE, fingerprint, read_pins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.cross.toolchain.location import CrossToolchain

RUNTIMES = tuple(sorted(KNOWN))
PACKAGES = (*RUNTIMES, COMPARE)
"""Package groups. A build needs only the group of its runtime."""
MEGABYTE = 1_000_000
DISK_SPACE = {
    "rootfs": 1400 * MEGABYTE,
    "python": 400 * MEGABYTE,
    "litert": 300 * MEGABYTE,
    "tensorflow": 2800 * MEGABYTE,
    "compare": 50 * MEGABYTE,
    "compiler": 200 * MEGABYTE,
    "prefix": 900 * MEGABYTE,
    "prewarm": 200 * MEGABYTE,
}


@dataclass(frozen=True)
class Component:
    """A component of the toolchain.

    Attributes:
        name: of the stage that makes it; its key in the state file.
        purpose: one line for the user.
        folder: the result.
        disk_space: peak bytes while it is made, measured and rounded up.
        fingerprint: of its sources; the component is made again if it changes.
        make: creates the folder.
    """

    name: str
    purpose: str
    folder: Path
    disk_space: int
    fingerprint: str
    make: Callable[[], None]

    @property
    def checked_folder(self) -> Path:
        """The part that builds do not change: drive C: also has the user's files."""
        return self.folder / "drive_c/windows/system32" if self.name == "prefix" else self.folder


def list_components(
    toolchain: CrossToolchain, log: Path, mirror: str, on_line: Callable[[str], None]
) -> tuple[Component, ...]:
    """All components, in the order of their dependencies."""
    pins = read_pins()

    def packages(group: str) -> Component:
        def make() -> None:
            folder = toolchain.packages(group)
            shutil.rmtree(folder, ignore_errors=True)
            pip.install_wheels(pins.of(group), pins.python_version, folder, log=log, on_line=on_line)

        made_of = fingerprint(pins.of(group), pins.python_version)
        purpose = "PyInstaller" if group == COMPARE else f"packages of the runtime {group}"
        return Component(group, purpose, toolchain.packages(group), DISK_SPACE[group], made_of, make)

    here = str(toolchain.folder)  # Wine's files contain its path
    return (
        Component(
            "rootfs",
            "Wine, from Debian packages",
            toolchain.rootfs,
            DISK_SPACE["rootfs"],
            fingerprint(pins.rootfs, here, rootfs.FORMAT),
            lambda: rootfs.create(pins.rootfs, toolchain.rootfs, log=log, mirror=mirror, on_line=on_line),
        ),
        Component(
            "python",
            "CPython for Windows, the builder's packages, DLLs",
            toolchain.python,
            DISK_SPACE["python"],
            fingerprint(pins.python, python.NEEDED, pins.nuitka, *map(pins.of, ("builder", "system"))),
            lambda: python.install(pins, toolchain.python, log=log, on_line=on_line),
        ),
        *(packages(group) for group in PACKAGES),
        Component(
            "compiler",
            "shims that run this machine's Zig",
            toolchain.programs,
            DISK_SPACE["compiler"],
            fingerprint([str(content) for content in shims.read_sources()]),
            lambda: shims.build(toolchain, log=log),
        ),
        Component(
            "prefix",
            "drive C: of Wine",
            toolchain.prefix,
            DISK_SPACE["prefix"],
            fingerprint(pins.rootfs, here, rootfs.FORMAT, wine.FORMAT),
            lambda: _create_prefix(toolchain),
        ),
        Component(
            "prewarm",
            "code that all builds compile",
            toolchain.prewarmed,
            DISK_SPACE["prewarm"],
            fingerprint(pins.python, pins.nuitka, pins.of("builder"), [str(c) for c in shims.read_sources()]),
            lambda: prewarm.build_program(toolchain, toolchain.prewarmed, groups=RUNTIMES, log=log),
        ),
    )


def _create_prefix(toolchain: CrossToolchain) -> None:
    if toolchain.prefix.is_dir():
        wine.stop_server(toolchain)
        shutil.rmtree(toolchain.prefix, ignore_errors=True)
    wine.create_prefix(toolchain)
