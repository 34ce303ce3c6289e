"""Packages for Windows that the user adds to those of the runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.cross.toolchain import pip
from tf2exe.cross.toolchain.pins import read_pins
from tf2exe.system.progress import Stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tf2exe.cross.toolchain.location import CrossToolchain
    from tf2exe.system.progress import Listener

GROUP = "added"


def install(toolchain: CrossToolchain, requirements: Sequence[str], listener: Listener) -> None:
    """Installs packages in the toolchain.

    Raises:
        ToolchainError: pip found no wheel for Windows.
    """
    with Stages([GROUP], listener).run(GROUP) as stage:
        log = toolchain.folder / "prepare.log"
        version = read_pins().python_version
        pip.install_requirements(
            requirements, version, toolchain.packages(GROUP), log=log, on_line=stage.output
        )
