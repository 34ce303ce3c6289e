"""The command line that compiles the launcher of a onefile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.launchers import sources
from tf2exe.native import shared_libraries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WINDOWED = ("-DWINDOWED", "-Wl,--subsystem,windows")
"""Options of a Windows program without a console."""

_WINDOWS = ("-ladvapi32", "-luser32")
_POSIX = ("-pthread", "-fvisibility=hidden", "-ffunction-sections", "-Wl,--gc-sections")


def launcher_command(
    compiler: Sequence[str],
    zstd: Path,
    output: Path,
    *,
    windows: bool = False,
    console: bool = True,
    debug: bool = False,
    resources: Path | None = None,
) -> list[str]:
    """The command line that compiles the launcher.

    Args:
        compiler: a C compiler with GCC's options, e.g. `["gcc"]` or `["python", "-m", "ziglang", "cc"]`.
        zstd: the folder of zstd's sources (`zstd.h`, `common`, `decompress`), which Nuitka contains.
        output: the executable.
        windows: whether the compiler's target is Windows.
        console: on Windows, whether the program has a console.
        debug: keep symbols.
        resources: on Windows, the compiled resources (icon, version information).
    """
    files = sources.paths(sources.onefile("windows" if windows else "posix"))
    if windows:
        options = [*_WINDOWS, *(() if console else WINDOWED)]
    else:
        options = [*_POSIX, *shared_libraries.glibc_compat_libraries(["libpthread.so.0"])]
    files += [str(resources)] if resources else []
    command = [*compiler, "-std=c11", "-O2", "-g" if debug else "-s", "-I", str(zstd)]
    return [*command, *files, *options, "-o", str(output)]
