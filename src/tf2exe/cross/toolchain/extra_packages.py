"""Packages for Windows that the user's applications need beside those of the runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.cross.toolchain import pip
from tf2exe.cross.toolchain.pins import pins
from tf2exe.system.progress import Stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tf2exe.cross.toolchain.location import Place
    from tf2exe.system.progress import Listener

GROUP = "added"


def add(place: Place, requirements: Sequence[str], listener: Listener) -> None:
    """Installs them below the toolchain.

    Raises:
        ToolchainError: pip found no wheel for Windows.
    """
    with Stages([GROUP], listener).run(GROUP) as stage:
        log = place.folder / "prepare.log"
        version = pins().python_version
        pip.install_added(requirements, version, place.packages(GROUP), log=log, on_line=stage.output)
