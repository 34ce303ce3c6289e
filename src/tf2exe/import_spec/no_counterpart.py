"""Arguments and classes of PyInstaller without a counterpart, with the reasons."""

from __future__ import annotations

from typing import Final

MAC: Final = "it is for macOS only"
RIGHTS: Final = "the manifest of the executable requests no administrator rights"

LOST: Final = {
    "runtime_hooks": "tf2exe runs nothing before the program; import it first in the entry script",
    "module_collection_mode": 'packages are bundled with source; for your own modules set sources = "all"',
    "uac_admin": RIGHTS,
    "uac_uiaccess": RIGHTS,
    "manifest": "tf2exe writes its own manifest (long paths, UTF-8)",
    "resources": "tf2exe writes only the icon and version information",
    "codesign_identity": "sign the executable after the build",
    "entitlements_file": MAC,
    "hide_console": "set console = true or console = false",
}
"""Arguments of `Analysis` and `EXE` that a program may miss."""

NOT_NEEDED: Final = {
    "hookspath": "PyInstaller's hooks are not used; packages are bundled completely",
    "hooksconfig": "PyInstaller's hooks are not used",
    "optimize": "bytecode is not optimised, because `python program.py` does not optimise it",
    "upx": "UPX damages libraries; a onefile is compressed with zstd",
    "strip": "native libraries are stripped where that is safe",
    "runtime_tmpdir": "a onefile unpacks once, to the user's cache; TF2EXE_CACHE_DIR sets another folder",
    "contents_directory": "libraries are in lib/, data files beside the executable",
    "argv_emulation": MAC,
    "target_arch": "the executable is for the processor of the build machine",
    "bootloader_ignore_signals": "the program receives signals itself",
    "append_pkg": "the payload is always inside the executable",
}
"""Arguments that it does not need."""

DEFAULTS: Final = {"append_pkg": True, "contents_directory": "_internal", "optimize": -1}
"""Values that are not worth a note."""

CLASSES: Final = {
    "BUNDLE": MAC,
    "MERGE": "each executable has its own libraries",
    "Splash": "there is no splash screen",
}
