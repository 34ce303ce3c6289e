"""The platform that an executable is built for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.system import host

if TYPE_CHECKING:
    from tf2exe.launchers.sources import System

WINDOWS = "windows-x86_64"


@dataclass(frozen=True)
class Target:
    """A platform.

    Attributes:
        name: operating system and architecture: `linux-x86_64`, `linux-aarch64` or `windows-x86_64`.
    """

    name: str

    @property
    def is_windows(self) -> bool:
        """Whether executables run on Windows, or in Wine."""
        return self.name.startswith("windows-")

    @property
    def system(self) -> System:
        """The kind of system, as the launchers' sources distinguish them."""
        return "windows" if self.is_windows else "posix"

    @property
    def executable_suffix(self) -> str:
        """The suffix of executables, with the dot."""
        return ".exe" if self.is_windows else ""

    @property
    def native_module_suffix(self) -> str:
        """The suffix of compiled Python modules, with the dot."""
        return ".pyd" if self.is_windows else ".so"

    def executable_name(self, name: str) -> str:
        """The file name of an executable."""
        return f"{name}{self.executable_suffix}"


def host_target() -> Target:
    """The platform of the machine that runs the builder."""
    return Target(host.platform_name())


def target_named(name: str) -> Target:
    """The platform for a value of the setting `target`; `machine` is the builder's own."""
    return host_target() if name == "machine" else Target(name)
