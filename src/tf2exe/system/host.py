"""The machine that runs the builder. For the machine that the executable runs on, ask `config.target`."""

from __future__ import annotations

import ctypes
import platform
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IS_WINDOWS = sys.platform == "win32"
"""Windows, or Wine on Linux."""

IS_LINUX = sys.platform == "linux"

_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
"""Names of Windows and macOS for architectures, with the names of Linux."""


def platform_name() -> str:
    """Operating system and architecture, such as `linux-x86_64` or `windows-x86_64`."""
    machine = platform.machine().lower()
    return f"{'windows' if IS_WINDOWS else sys.platform}-{_ARCHITECTURES.get(machine, machine)}"


def wine_version() -> str:
    """The version of Wine; empty: this is not Wine."""
    if sys.platform != "win32":
        return ""
    try:
        version = ctypes.WinDLL("ntdll").wine_get_version
    except AttributeError:
        return ""
    version.restype = ctypes.c_char_p
    return str(version().decode())


def make_junction(folder: Path, link: Path) -> None:
    """Makes a link to a folder on Windows, which every user may do, unlike symbolic links."""
    if sys.platform == "win32":
        import _winapi  # noqa: PLC0415 - only on Windows

        _winapi.CreateJunction(str(folder), str(link))
