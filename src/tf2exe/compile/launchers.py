"""Compiles the small C programs that start the executable."""

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
from tf2exe.onefile import pack
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.native.shared_libraries import Library
    from tf2exe.system.cancellation import CancellationToken

SYSTEM: sources.System = "windows" if sys.platform == "win32" else "posix"


BESIDE = "-Wl,--disable-new-dtags,-rpath,$ORIGIN"
"""The carried libraries lie beside it. An RPATH, no RUNPATH: it also serves what it loads, however deep."""

ALONE = "-fvisibility=hidden"
"""No carried library may find a function of the launcher in the place of its own of the same name."""

REMEDY = "run `tf2exe doctor`"


def require_python() -> tuple[Path, tuple[Path, bool] | None]:
    """The headers of this Python, and the library of the interpreter and whether that is shared.

    Raises:
        MachineError: its headers, or the library of the interpreter, are missing.
    """
    headers, found = compilers.require_headers(), shared_libraries.libpython()
    if found is None and sys.platform != "win32":
        raise MachineError(
            "this Python cannot be embedded",
            "it has neither a shared nor a static libpython",
            "use a Python that has one (python.org, Debian, pyenv, uv and conda do)",
        )
    return headers, found


def build_python(
    toolchain: Toolchain,
    output: Path,
    *,
    preload: Iterable[Library],
    resources: Path | None,
    debug: bool,
    console: bool,
    quick_exit: bool,
    log: Path,
) -> Path | None:
    """Compiles the launcher that starts the interpreter.

    Where the interpreter is a shared library, the executable is linked to glibc alone and loads the rest by
    its path (launchers/interpreter/posix/start.c says why).

    Args:
        toolchain: the compiler.
        output: the executable.
        preload: libraries that packages need but look for only beside themselves and on the machine; once the
            executable has loaded them, the loader takes these.
        resources: icon and version information, compiled (Windows).
        debug: keep symbols.
        console: whether Windows opens a console for it.
        quick_exit: whether the process ends without taking its objects apart.
        log: where the compiler's words go.

    Returns:
        what belongs into `lib/` with it; None: the executable is all.

    Raises:
        MachineError: this Python cannot be embedded.
        CompileError: the compiler failed.
    """
    headers, found = require_python()
    is_shared = found is not None and found[1]
    made = output.with_name(layout.START_LIBRARY) if is_shared else output
    command = [
        *_compiler(toolchain, debug=debug),
        *(["-DQUICK_EXIT"] if quick_exit else []),
        f"-I{headers}",
        *sources.paths(sources.interpreter(SYSTEM)),
        *([str(resources)] if resources else []),
        "-o",
        str(made),
    ]
    if sys.platform == "win32":
        version = f"{sys.version_info.major}{sys.version_info.minor}"
        command += ["-municode", "-luser32"]
        command += [f"-L{Path(sys.base_prefix) / 'libs'}", f"-lpython{version}"]
        command += [] if console else pack.WINDOWED
    elif is_shared:
        command += [ALONE, "-shared", "-fPIC", "-Dmain=tf2exe_main", BESIDE, *_linked(found, preload)]
    else:
        command += [ALONE, *_posix_program(), *_linked(found, preload)]
    run_logged(command, log=log, cwd=output.parent, env=toolchain.environment(), remedy=REMEDY)
    _finish(made, toolchain, log, search="$ORIGIN" if is_shared else "$ORIGIN/lib")
    if is_shared:
        start = [*_compiler(toolchain, debug=debug), str(sources.FOLDER / sources.START), "-o", str(output)]
        start += _posix_program()
        run_logged(start, log=log, cwd=output.parent, env=toolchain.environment(), remedy=REMEDY)
        _finish(output, toolchain, log, search="$ORIGIN/lib")
    return made if is_shared else None


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
    """Compiles the launcher of a single file; the arguments are those of :func:`build_python`.

    Raises:
        CompileError: the compiler failed, or it was cancelled.
    """
    command = pack.launcher_command(
        toolchain.command,
        zstd_sources(),
        output,
        windows=sys.platform == "win32",
        debug=debug,
        console=console,
        resources=resources,
    )
    run_logged(command, log=log, cwd=output.parent, env=toolchain.environment(), cancellation=cancellation)
    symbol_versions.lower(output)


def _compiler(toolchain: Toolchain, *, debug: bool) -> list[str]:
    return [*toolchain.command, "-std=gnu11", *(["-g"] if debug else ["-O2", "-s"])]


def _posix_program() -> list[str]:
    """What every program gets: functions that the machine may lack, and where its libraries are."""
    options = [option.flag for option in read_platform().launcher_options]
    return [
        *sources.paths(sources.INTERPOSED),
        *options,
        *shared_libraries.glibc_compat_libraries(glibc.read_rules().compat_libraries),
    ]


def _finish(made: Path, toolchain: Toolchain, log: Path, *, search: str) -> None:
    """Zig's linker writes a RUNPATH whatever it is told; only an RPATH serves what is loaded later."""
    if toolchain.name == "zig" and sys.platform != "win32":
        rpath = ["patchelf", "--force-rpath", "--set-rpath", search, str(made)]
        run_logged(rpath, log=log, cwd=made.parent, env=toolchain.environment(), remedy=REMEDY)
    symbol_versions.lower(made)


def _linked(found: tuple[Path, bool] | None, preload: Iterable[Library]) -> list[str]:
    system = f"{sysconfig.get_config_var('LIBS') or ''} {sysconfig.get_config_var('SYSLIBS') or ''}".split()
    plain = [flag for flag in system if flag.startswith("-l")]
    path, shared = found or (Path(), False)
    python = [str(path)] if shared else ["-Wl,--whole-archive", str(path), "-Wl,--no-whole-archive"]
    early = [str(library.path) for library in preload]
    return [*python, *(["-Wl,--no-as-needed", *early, "-Wl,--as-needed"] if early else []), *plain]


def zstd_sources() -> Path:
    """The C sources of zstd's decoder that come with Nuitka (zstd is under the BSD licence)."""
    spec = importlib.util.find_spec("nuitka")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        sources = Path(folder) / "build" / "inline_copy" / "zstd"
        if (sources / "zstd.h").is_file():
            return sources
    raise MachineError(
        "no zstd sources", "the installed Nuitka does not include them", "install nuitka>=4.3,<4.4"
    )
