"""Stage *compile*: turn the plan into machine code."""

from __future__ import annotations

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import knowledge, launcher, native, older_glibc, root_module
from tf2exe.application import program_name
from tf2exe.errors import CompileError
from tf2exe.process import run_logged
from tf2exe.resources import check_icon, compile_resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.application import Application
    from tf2exe.compilers import Toolchain
    from tf2exe.plan import BuildPlan


PLUGIN = Path(__file__).with_name("nuitka_plugin.py")
MODULES = "modules.json"
"""The plugin writes into it what Nuitka compiled."""


@dataclass(frozen=True)
class Compiled:
    """What the compilers made.

    Attributes:
        module: the native module that holds the application; None: no module of it is compiled.
        launcher: the executable that starts the interpreter.
        library: what it loads from `lib/` to do so; None: it needs nothing.
        modules: the names of what it holds, as Nuitka itself tells.
        onefile: the launcher of a single file; None: it will be a folder.
    """

    module: Path | None
    launcher: Path
    library: Path | None
    modules: tuple[str, ...]
    onefile: Path | None


@dataclass(frozen=True)
class Early:
    """What is compiled before the plan is known.

    Attributes:
        resources: icon and version information (Windows); None: an executable has none.
        onefile: the launcher of a single file; None: it will be a folder.
    """

    resources: Path | None
    onefile: Path | None


def compile_early(application: Application, toolchain: Toolchain, log: Path) -> Early:
    """Compiles what is the same whatever the application uses.

    Raises:
        CompileError: the C compiler failed.
        ConfigError: the icon is none.
    """
    folder = application.build / "compile"
    folder.mkdir(parents=True, exist_ok=True)
    resources = _resources(application, toolchain, folder, log)
    if application.settings.mode != "onefile":
        return Early(resources, None)
    program = folder / program_name("onefile")
    launcher.build_onefile(
        toolchain,
        program,
        resources=resources,
        debug=application.settings.debug,
        console=application.settings.shows_console,
        log=log,
    )
    return Early(resources, program)


def compile_application(
    application: Application,
    plan: BuildPlan,
    toolchain: Toolchain,
    *,
    early: Callable[[], Early],
    log: Path,
    on_line: Callable[[str], None],
) -> Compiled:
    """Compiles the application with Nuitka, and the launcher that starts the interpreter.

    Raises:
        CompileError: Nuitka or the C compiler failed.
        MachineError: headers or libpython are missing.
    """
    folder = application.build / "compile"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / program_name("launcher")
    launcher.require_python()

    def compile_launcher() -> tuple[Path | None, Path | None]:
        made = early()
        library = launcher.build_python(
            toolchain,
            program,
            resources=made.resources,
            preload=[library for library in plan.libraries if library.reason.startswith("lib/packages/")],
            debug=application.settings.debug,
            console=application.settings.shows_console,
            quick_exit=application.settings.quick_exit,
            log=log,
        )
        return library, made.onefile

    with ThreadPoolExecutor(max_workers=1) as beside:  # Nuitka begins with what uses one processor
        making = beside.submit(compile_launcher)
        module: Path | None = None
        modules: tuple[str, ...] = ()
        if any(fate.how == "compiled" for fate in plan.fates):
            module, modules = _compile_modules(application, plan, toolchain, log=log, on_line=on_line)
        library, onefile = making.result()
        return Compiled(module, program, library, modules, onefile)


def _compile_modules(
    application: Application,
    plan: BuildPlan,
    toolchain: Toolchain,
    *,
    log: Path,
    on_line: Callable[[str], None],
) -> tuple[Path, tuple[str, ...]]:
    """Runs Nuitka, and gives the native module and what it holds."""
    folder = application.build / "compile"
    shutil.rmtree(folder / "nuitka", ignore_errors=True)
    root = root_module.write(application, plan, folder / "source")
    command = [
        sys.executable,
        "-m",
        "nuitka",
        *(option.flag for option in plan.options),
        *toolchain.nuitka_options,
        f"--user-plugin={PLUGIN}",
        f"--output-dir={folder / 'nuitka'}",
        str(root),
    ]
    run_logged(
        command,
        log=log,
        cwd=folder,
        env=_environment(application, toolchain, folder),
        on_line=on_line,
        remedy="`tf2exe explain` tells what is compiled",
    )
    built = sorted((folder / "nuitka").glob(f"{root.stem}.*{'.pyd' if sys.platform == 'win32' else '.so'}"))
    if len(built) != 1:
        raise CompileError(
            "Nuitka wrote no module", f"nothing like it in {folder / 'nuitka'}", "see the log", log
        )
    older_glibc.lower(built[0])
    modules = json.loads((folder / "nuitka" / f"{root.stem}.build" / MODULES).read_bytes())
    return built[0], tuple(modules)


def _environment(application: Application, toolchain: Toolchain, folder: Path) -> dict[str, str]:
    """What Nuitka and the compilers that it starts are told by variables."""
    env = {**toolchain.environment(), "PYTHONPATH": os.pathsep.join(map(str, application.roots))}
    if toolchain.name == "zig":
        # Of this build alone. Zig takes an object from its cache when a source of the same text was compiled
        # in another folder, and looks for what it embeds (constants) in that other folder.
        env["ZIG_LOCAL_CACHE_DIR"] = native.unix_paths(str(folder / "zig-cache"))
    flags = knowledge.c_flags(debug=application.settings.debug)
    if "-MD" in flags:
        env["CCACHE_DEPEND"] = "1"
    if flags:
        env["CFLAGS"] = " ".join([os.environ.get("CFLAGS", ""), *flags]).strip()
    return env


def _resources(application: Application, toolchain: Toolchain, folder: Path, log: Path) -> Path | None:
    """An icon is checked everywhere, so that a mistake is seen before the build moves to Windows."""
    icon = (application.project / application.settings.icon).resolve() if application.settings.icon else None
    if icon is not None:
        check_icon(icon)
    if sys.platform != "win32":
        return None
    info = application.settings.version_info
    return compile_resources(toolchain, folder, name=application.name, info=info, icon=icon, log=log)
