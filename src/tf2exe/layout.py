"""Paths of files and folders in an executable, relative to its folder, with forward slashes.

The launchers contain the same paths: `launchers/interpreter/main.c`, `launchers/interpreter/posix/preload.c`
and `launchers/start/tf2exe_start.py`.
"""

from __future__ import annotations

LIBRARIES = "lib"
"""Everything that is bundled; the files of the application itself are outside."""

PYTHON = "lib/python"
"""The standard library."""

PACKAGES = "lib/packages"
"""Installed distributions, as in `site-packages`."""

BYTECODE = "lib/bytecode"
"""Bytecode archives, each with the code of many modules."""

MODULE_INDEX = "lib/modules"
"""The index of bundled modules: which archive or file contains each."""

PRELOAD_LIST = "lib/preload"
"""Paths of native modules to preload, one per line (Linux)."""

START_LIBRARY = "libtf2exe_start.so"
"""In :data:`LIBRARIES`: the part of the launcher that is linked to a shared libpython (Linux)."""

START_FILES = "lib/tf2exe"
"""The Python code that runs before the main module, and the files that it reads."""

MISSING_MODULES = "missing_modules.json"
"""In :data:`START_FILES`: modules that are not bundled, each with its reason and remedy."""

BUILD_INFO = "lib/tf2exe/parity.json"
"""Settings of the build that a later comparison with Python needs."""

GOLDEN = "golden"
"""Samples with their expected output, for a self-test of the application (setting `verify.golden`)."""


def bytecode_archive(last_module: str) -> str:
    """The archive with this last module: `lib/packages/a/b.py` gives `lib/bytecode/packages.a.b`."""
    return f"{BYTECODE}/{last_module.removeprefix('lib/').removesuffix('.py').replace('/', '.')}"


def last_module(path: str) -> str | None:
    """The last module of a bytecode archive; None: the path is not that of an archive."""
    if not path.startswith(f"{BYTECODE}/"):
        return None
    return f"lib/{path.removeprefix(f'{BYTECODE}/').replace('.', '/')}.py"
