"""Where the toolchain lies, and how programs run in it."""

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
"""What Zig compiles for."""

OVERRIDES = "mscoree,mshtml,winemenubuilder.exe,winedbg.exe="
"""What Wine does not start: a program that crashes ends, and no debugger writes into its output."""

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
"""Variables that steer the machine's own programs and would mislead, or slow down, those in Wine.

With TMPDIR Debian's Wine 10 ends at once (`free(): invalid pointer`).
"""


@dataclass(frozen=True)
class Place:
    """The folder of the toolchain."""

    folder: Path

    @property
    def machine(self) -> Path:
        """The Debian tree."""
        return self.folder / "machine"

    @property
    def wine(self) -> Path:
        """Runs Windows programs."""
        return self.machine / "usr/lib/wine/wine64"

    @property
    def server(self) -> Path:
        """Wine's server."""
        return self.machine / "usr/lib/wine/wineserver"

    @property
    def python(self) -> Path:
        """The folder of CPython for Windows."""
        return self.folder / "python"

    @property
    def programs(self) -> Path:
        """Holds zig.exe and native.exe."""
        return self.folder / "programs"

    @property
    def prefix(self) -> Path:
        """What Wine takes for drive C:."""
        return self.folder / "prefix"

    def packages(self, group: str) -> Path:
        """The packages that applications of a runtime find, or the user's own (`added`)."""
        return self.folder / "packages" / group

    def environment(self) -> dict[str, str]:
        """What every program in Wine needs.

        Raises:
            MachineError: no Zig is installed.
        """
        zig = compilers.zig()
        if zig is None:
            raise MachineError("no Zig", "it is the C compiler for Windows", "pip install 'tf2exe[zig]'")
        kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        return {
            **kept,
            "WINEPREFIX": str(self.prefix),
            # Where the desktop of the user is looked for; Wine writes a line when there is no such folder.
            "XDG_RUNTIME_DIR": str(self.folder),
            "WINEDEBUG": os.environ.get("WINEDEBUG", "-all"),
            "WINEDLLOVERRIDES": OVERRIDES,
            "WINEPATH": windows_path(self.programs),
            "PYTHONUTF8": "1",
            # Nothing is written beside the user's modules, and no start compiles them and all packages anew.
            "PYTHONPYCACHEPREFIX": windows_path(self.folder / "bytecode"),
            wine_host.PROGRAM_VARIABLE: windows_path(self.programs / "native.exe"),
            wine_host.PYTHON_VARIABLE: sys.executable,
            "TF2EXE_ZIG": str(zig.resolve()),
            "TF2EXE_ZIG_TARGET": TARGET,
            "ZIG_GLOBAL_CACHE_DIR": str(self.folder / "zig-cache"),
            # Otherwise a fifth of Zig's work is what a debugger wants, which is dropped when it links.
            "CFLAGS": "-g0",
        }


def place() -> Place:
    """The user's; `TF2EXE_TOOLCHAIN_DIR` names another folder."""
    told = os.environ.get("TF2EXE_TOOLCHAIN_DIR")
    return Place(Path(told).resolve() if told else user_cache_path("tf2exe") / ".toolchain" / "windows")


def windows_path(path: Path) -> str:
    """A path of the machine as a Windows program names it: drive Z: is the machine's root."""
    return "Z:" + str(path).replace("/", "\\")
