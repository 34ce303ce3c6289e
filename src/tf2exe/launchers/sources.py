"""The list of source files of the programs that run on the user's machine.

Each program has a folder: `onefile` unpacks and starts a program, `interpreter` starts Python,
`interposed` has functions of the C library, `start` is the Python code that runs before the main module,
`forwarder` is the source of libraries that load another one at the first call.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

System = Literal["posix", "windows"]

FOLDER = Path(__file__).resolve().parent

INTERPOSED = ("interposed/glibc.c", "interposed/readlink.c")
"""Functions that each Linux program exports to the libraries that it loads."""

START = "interpreter/posix/start.c"
"""The Linux program that loads a shared interpreter by its path."""

START_MODULE = "start/tf2exe_start.py"
SETTINGS_MODULE = "start/tf2exe_settings.py"
WINDOWED_MODULE = "start/tf2exe_windowed.py"

_ONEFILE = (
    *(
        "authenticode",
        "bcj",
        "blake2b",
        "cache",
        "cache_paths",
        "chunk_workers",
        "clear",
        "eh_frame",
        "filter",
    ),
    *("index", "install", "main", "paths", "payload", "prune", "unpack", "unpack_lock", "verify_tree"),
    "zstd_decoder",
)
_ONEFILE_PER_SYSTEM = ("cache", "errors", "files", "locks", "memory", "process", "threads", "tree")
_ONEFILE_WINDOWS = ("owner", "utf16")

_INTERPRETER = (
    "finder",
    "generation",
    "huge_pages",
    "loader",
    "main",
    "main_module",
    "module_index",
    "quick_exit",
)
_INTERPRETER_PER_SYSTEM = ("mapping", "program_path", "sigint")


def onefile(system: System) -> tuple[str, ...]:
    """The C files of the onefile launcher, relative to :data:`FOLDER`."""
    names = (*_ONEFILE_PER_SYSTEM, *(_ONEFILE_WINDOWS if system == "windows" else ()))
    return (
        *(f"onefile/{name}.c" for name in _ONEFILE),
        *(f"onefile/{system}/{name}.c" for name in names),
        *(INTERPOSED[:1] if system == "posix" else ()),
    )


def interpreter(system: System) -> tuple[str, ...]:
    """The C files of the launcher that starts the interpreter, relative to :data:`FOLDER`."""
    names = (*_INTERPRETER_PER_SYSTEM, *(("preload",) if system == "posix" else ()))
    return (
        *(f"interpreter/{name}.c" for name in _INTERPRETER),
        *(f"interpreter/{system}/{name}.c" for name in names),
    )


def forwarder(architecture: str) -> tuple[str, ...]:
    """The source files of a forwarder for a processor, as `uname -m` calls it, relative to :data:`FOLDER`."""
    return "forwarder/forwarder.c", f"forwarder/{architecture}.S"


def paths(names: tuple[str, ...]) -> list[str]:
    """Absolute paths, as a compiler's command line needs them."""
    return [str(FOLDER / name) for name in names]
