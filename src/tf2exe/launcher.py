"""Compiles the small C programs that start the executable."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import compilers, glibc, knowledge, libraries, older_glibc, onefile
from tf2exe.errors import MachineError
from tf2exe.process import run_logged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.compilers import Toolchain
    from tf2exe.libraries import Library

SOURCES = Path(__file__).resolve().parent / "launchers"
PYTHON = ("python.c", "finder.c", "loader.c", "leave.c", "module_table.c", "posix/older_glibc.c")
"""Of the launcher that starts the interpreter; what lies in a folder is not for Windows."""


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
) -> None:
    """Compiles the launcher that starts the interpreter.

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

    Raises:
        MachineError: this Python cannot be embedded.
        CompileError: the compiler failed.
    """
    found = libraries.libpython()
    if found is None and sys.platform != "win32":
        raise MachineError(
            "this Python cannot be embedded",
            "it has neither a shared nor a static libpython",
            "use a Python that has one (python.org, Debian, pyenv, uv and conda do)",
        )
    command = [
        *toolchain.command,
        "-std=gnu11",
        *(["-g"] if debug else ["-O2", "-s"]),
        *(["-DQUICK_EXIT"] if quick_exit else []),
        f"-I{compilers.require_headers()}",
        *(str(SOURCES / name) for name in PYTHON if sys.platform != "win32" or "/" not in name),
        *([str(resources)] if resources else []),
        "-o",
        str(output),
    ]
    if sys.platform == "win32":
        version = f"{sys.version_info.major}{sys.version_info.minor}"
        command += ["-municode", "-luser32"]
        command += [f"-L{Path(sys.base_prefix) / 'libs'}", f"-lpython{version}"]
        command += [] if console else onefile.WINDOWED
    else:
        command += [option.flag for option in knowledge.platform().launcher_options]
        command += [*_linked(found, preload), *libraries.glibc_shells(glibc.known().shells)]
    env = toolchain.environment()
    run_logged(command, log=log, cwd=output.parent, env=env, remedy="run `tf2exe doctor`")
    if toolchain.name == "zig" and sys.platform != "win32":
        # Zig's linker writes a RUNPATH whatever it is told; only an RPATH serves what is loaded later.
        rpath = ["patchelf", "--force-rpath", "--set-rpath", "$ORIGIN/lib", str(output)]
        run_logged(rpath, log=log, cwd=output.parent, env=env, remedy="run `tf2exe doctor`")
    older_glibc.lower(output)


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
        "no zstd sources", "the installed Nuitka does not bring them", "install nuitka>=4.3,<4.4"
    )
