"""Compiles the launchers: the C programs that unpack a onefile and start the interpreter."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.compile import compilers
from tf2exe.errors import MachineError
from tf2exe.knowledge import glibc
from tf2exe.knowledge.platforms import read_platform
from tf2exe.launchers import sources
from tf2exe.native import shared_libraries, symbol_versions
from tf2exe.onefile.launcher import WINDOWED, launcher_command
from tf2exe.system import host
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.native.shared_libraries import BundledLibrary
    from tf2exe.system.cancellation import CancellationToken

ORIGIN_RPATH = "-Wl,--disable-new-dtags,-rpath,$ORIGIN"
"""Finds the bundled libraries in the same folder. An RPATH, unlike a RUNPATH, also applies to indirect
dependencies."""

HIDDEN_SYMBOLS = "-fvisibility=hidden"
"""Prevents that a function of the launcher replaces a function of the same name in a bundled library."""

REMEDY = "run `tf2exe doctor`"


def require_embeddable_python() -> tuple[Path, tuple[Path, bool] | None]:
    """Returns the folder of Python's headers, and libpython (None on Windows).

    Raises:
        MachineError: the headers or libpython are missing.
    """
    headers, found = compilers.require_python_headers(), shared_libraries.libpython()
    if found is None and not host.IS_WINDOWS:
        raise MachineError(
            "this Python cannot be embedded",
            "it has neither a shared nor a static libpython",
            "use a Python that has one (python.org, Debian, pyenv, uv and conda do)",
        )
    return headers, found


def build_interpreter(
    toolchain: Toolchain,
    output: Path,
    *,
    preload: Iterable[BundledLibrary],
    resources: Path | None,
    debug: bool,
    console: bool,
    quick_exit: bool,
    log: Path,
) -> Path | None:
    """Compiles the launcher that starts the interpreter.

    If libpython is shared, the executable links to glibc only and loads the start library by its path
    (launchers/interpreter/posix/start.c says why).

    Args:
        toolchain: the compiler.
        output: the executable.
        preload: libraries that packages need but do not search for in `lib/`. The executable links to them,
            so that they are already loaded.
        resources: compiled icon and version information (Windows).
        debug: keep symbols.
        console: Windows opens a console.
        quick_exit: the process skips the interpreter's shutdown.
        log: the file that gets the compiler's output.

    Returns:
        The start library, which belongs into `lib/`; None if there is only the executable.

    Raises:
        MachineError: this Python cannot be embedded.
        CompileError: the compiler failed.
    """
    headers, found = require_embeddable_python()
    is_shared = found is not None and found[1]
    linked = output.with_name(layout.START_LIBRARY) if is_shared else output
    command = [
        *_compile_command(toolchain, debug=debug),
        *(["-DQUICK_EXIT"] if quick_exit else []),
        f"-I{headers}",
        *sources.paths(sources.interpreter(toolchain.target.system)),
        *([str(resources)] if resources else []),
        "-o",
        str(linked),
    ]
    if toolchain.target.is_windows:
        version = f"{sys.version_info.major}{sys.version_info.minor}"
        command += ["-municode", "-luser32"]
        command += [f"-L{Path(sys.base_prefix) / 'libs'}", f"-lpython{version}"]
        command += [] if console else WINDOWED
    elif is_shared:
        command += [
            HIDDEN_SYMBOLS,
            "-shared",
            "-fPIC",
            "-Dmain=tf2exe_main",
            ORIGIN_RPATH,
            *_libraries(found, preload),
        ]
    else:
        command += [HIDDEN_SYMBOLS, *_posix_program(), *_libraries(found, preload)]
    run_logged(command, log=log, cwd=output.parent, env=toolchain.environment(), remedy=REMEDY)
    _finish(linked, toolchain, log, search_path="$ORIGIN" if is_shared else "$ORIGIN/lib")
    if is_shared:
        start = [
            *_compile_command(toolchain, debug=debug),
            str(sources.FOLDER / sources.START),
            "-o",
            str(output),
        ]
        start += _posix_program()
        run_logged(start, log=log, cwd=output.parent, env=toolchain.environment(), remedy=REMEDY)
        _finish(output, toolchain, log, search_path="$ORIGIN/lib")
    return linked if is_shared else None


def build_onefile(
    toolchain: Toolchain,
    output: Path,
    *,
    resources: Path | None,
    debug: bool,
    console: bool,
    log: Path,
    cancellation: CancellationToken,
) -> None:
    """Compiles the launcher of a onefile; the arguments are those of :func:`build_interpreter`.

    Raises:
        CompileError: the compiler failed, or it was cancelled.
    """
    command = launcher_command(
        toolchain.command,
        zstd_sources(),
        output,
        windows=toolchain.target.is_windows,
        debug=debug,
        console=console,
        resources=resources,
    )
    run_logged(command, log=log, cwd=output.parent, env=toolchain.environment(), cancellation=cancellation)
    symbol_versions.downgrade(output)


def _compile_command(toolchain: Toolchain, *, debug: bool) -> list[str]:
    return [*toolchain.command, "-std=gnu11", *(["-g"] if debug else ["-O2", "-s"])]


def _posix_program() -> list[str]:
    """Options of every Linux executable: glibc polyfills, platform options and compat libraries."""
    options = [option.flag for option in read_platform("posix").launcher_options]
    return [
        *sources.paths(sources.INTERPOSED),
        *options,
        *shared_libraries.glibc_compat_libraries(glibc.read_rules().compat_libraries),
    ]


def _finish(output: Path, toolchain: Toolchain, log: Path, *, search_path: str) -> None:
    """Sets the RPATH, because Zig's linker always writes a RUNPATH, and lowers the required glibc."""
    if toolchain.name == "zig" and not toolchain.target.is_windows:
        rpath = ["patchelf", "--force-rpath", "--set-rpath", search_path, str(output)]
        run_logged(rpath, log=log, cwd=output.parent, env=toolchain.environment(), remedy=REMEDY)
    symbol_versions.downgrade(output)


def _libraries(found: tuple[Path, bool] | None, preload: Iterable[BundledLibrary]) -> list[str]:
    system = f"{sysconfig.get_config_var('LIBS') or ''} {sysconfig.get_config_var('SYSLIBS') or ''}".split()
    plain = [flag for flag in system if flag.startswith("-l")]
    path, shared = found or (Path(), False)
    python = [str(path)] if shared else ["-Wl,--whole-archive", str(path), "-Wl,--no-whole-archive"]
    preloaded = [str(library.path) for library in preload]
    return [*python, *(["-Wl,--no-as-needed", *preloaded, "-Wl,--as-needed"] if preloaded else []), *plain]


def zstd_sources() -> Path:
    """The folder of zstd's C sources in the installed Nuitka (BSD licence).

    Raises:
        MachineError: Nuitka is not installed, or has no such folder.
    """
    spec = importlib.util.find_spec("nuitka")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        sources = Path(folder) / "build" / "inline_copy" / "zstd"
        if (sources / "zstd.h").is_file():
            return sources
    raise MachineError(
        "no zstd sources", "the installed Nuitka does not include them", "install nuitka>=4.3,<4.4"
    )
