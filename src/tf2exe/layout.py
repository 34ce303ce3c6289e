"""The files and folders inside an executable, by their paths relative to its folder, with forward slashes.

The launchers have the same names: `launchers/interpreter/modules.h`, `launchers/interpreter/preload.h` and
`launchers/start/tf2exe_start.py`.
"""

from __future__ import annotations

LIBRARIES = "lib"
"""Native libraries; everything that is not the application's own is in here."""

PYTHON = "lib/python"
"""The standard library."""

PACKAGES = "lib/packages"
"""Installed distributions, laid out as in `site-packages`."""

BYTECODE = "lib/bytecode"
"""Bytecode archives: the code of many modules in one file."""

MODULE_INDEX = "lib/modules"
"""Which archive or file has a module."""

PRELOAD = "lib/preload"
"""Names of native modules to preload, one per line (Linux)."""

START_LIBRARY = "libtf2exe_start.so"
"""In :data:`LIBRARIES`: the launcher's part that needs a shared libpython (Linux)."""

OWN = "lib/tf2exe"
"""The Python code of tf2exe and what it reads."""

MISSING_MODULES = "left_out.json"
"""In :data:`OWN`: modules that are not bundled, each with its reason and remedy."""

BUILD_INFO = "lib/tf2exe/parity.json"
"""What a comparison with Python needs to know of an executable, wherever it came from."""

GOLDEN = "golden"
"""Samples with their expected output, for a self-test of the application."""


def bytecode_archive(last_module: str) -> str:
    """The archive that ends with a module: `lib/packages/a/b.py` gives `lib/bytecode/packages.a.b`."""
    return f"{BYTECODE}/{last_module.removeprefix('lib/').removesuffix('.py').replace('/', '.')}"


def last_module(path: str) -> str | None:
    """The module that a bytecode archive ends with; None: the path is not one of an archive."""
    if not path.startswith(f"{BYTECODE}/"):
        return None
    return f"lib/{path.removeprefix(f'{BYTECODE}/').replace('.', '/')}.py"
