"""The folders of the toolchain, and the environment of programs in it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from tf2exe.compile import compilers
from tf2exe.errors import MachineError
from tf2exe.system import wine_host

TARGET = "x86_64-windows-gnu"
"""The target of Zig."""

OVERRIDES = "mscoree,mshtml,winemenubuilder.exe,winedbg.exe="
"""Programs that Wine does not start. A crash starts no debugger that prints into the output."""

UNWANTED = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONPATH",
    "TMPDIR",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
)
"""Variables for programs of Linux that misdirect or slow down programs in Wine.

With TMPDIR, Debian's Wine 10 ends at once (`free(): invalid pointer`).
"""


@dataclass(frozen=True)
class CrossToolchain:
    """The folders of the toolchain."""

    folder: Path

    @property
    def rootfs(self) -> Path:
        """The files of Debian's packages."""
        return self.folder / "machine"

    @property
    def wine(self) -> Path:
        """The Wine loader, which runs Windows programs."""
        return self.rootfs / "usr/lib/wine/wine64"

    @property
    def server(self) -> Path:
        """Wine's server."""
        return self.rootfs / "usr/lib/wine/wineserver"

    @property
    def python(self) -> Path:
        """The folder of CPython for Windows."""
        return self.folder / "python"

    @property
    def programs(self) -> Path:
        """The folder of zig.exe and native.exe."""
        return self.folder / "programs"

    @property
    def prefix(self) -> Path:
        """The Wine prefix, with drive C:."""
        return self.folder / "prefix"

    @property
    def prewarmed(self) -> Path:
        """The program that was built to fill the caches."""
        return self.folder / "warm"

    def packages(self, group: str) -> Path:
        """The packages of a group: a runtime, or those that the user added."""
        return self.folder / "packages" / group

    def environment(self) -> dict[str, str]:
        """The environment of each program in Wine.

        Raises:
            MachineError: no Zig is installed.
        """
        zig = compilers.find_zig()
        if zig is None:
            raise MachineError("no Zig", "it is the C compiler for Windows", "pip install 'tf2exe[zig]'")
        kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        return {
            **kept,
            "WINEPREFIX": str(self.prefix),
            # Wine prints a line if this folder does not exist.
            "XDG_RUNTIME_DIR": str(self.folder),
            "WINEDEBUG": os.environ.get("WINEDEBUG", "-all"),
            "WINEDLLOVERRIDES": OVERRIDES,
            "WINEPATH": windows_path(self.programs),
            "PYTHONUTF8": "1",
            # Bytecode is kept, but not next to the user's modules.
            "PYTHONPYCACHEPREFIX": windows_path(self.folder / "bytecode"),
            wine_host.PROGRAM_VARIABLE: windows_path(self.programs / "native.exe"),
            wine_host.PYTHON_VARIABLE: sys.executable,
            "TF2EXE_ZIG": str(zig.resolve()),
            "TF2EXE_ZIG_TARGET": TARGET,
            "ZIG_GLOBAL_CACHE_DIR": str(self.folder / "zig-cache"),
            # A fifth of Zig's work would be debug information, which the linker drops.
            "CFLAGS": "-g0",
        }


def user_toolchain() -> CrossToolchain:
    """The toolchain in the user's cache, or in `TF2EXE_TOOLCHAIN_DIR`."""
    folder = os.environ.get("TF2EXE_TOOLCHAIN_DIR")
    return CrossToolchain(
        Path(folder).resolve() if folder else user_cache_path("tf2exe") / ".toolchain" / "windows"
    )


def windows_path(path: Path) -> str:
    """A path as Windows programs see it: drive Z: is the root folder."""
    return "Z:" + str(path).replace("/", "\\")
