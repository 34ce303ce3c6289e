"""Stage *compile*: turn the plan into machine code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.compile import launchers, nuitka
from tf2exe.config.application import program_name
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.compile.speculative import Early
    from tf2exe.config.application import Application
    from tf2exe.plan.stage import BuildPlan


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


def compile_application(
    application: Application,
    plan: BuildPlan,
    toolchain: Toolchain,
    *,
    early: Early,
    log: Path,
    on_step: Callable[[Step], None],
) -> Compiled:
    """Compiles the application with Nuitka, and the launcher that starts the interpreter.

    Raises:
        CompileError: Nuitka or the C compiler failed.
        MachineError: headers or libpython are missing.
    """
    program = application.build / "compile" / program_name("launcher")
    launchers.require_python()

    def compile_launcher() -> Path | None:
        return launchers.build_python(
            toolchain,
            program,
            resources=early.launchers().resources,
            preload=[library for library in plan.libraries if library.reason.startswith("lib/packages/")],
            debug=application.settings.debug,
            console=application.settings.shows_console,
            quick_exit=application.settings.quick_exit,
            log=log,
        )

    with ThreadPoolExecutor(max_workers=1) as beside:
        making = beside.submit(compile_launcher)
        try:
            module = early.module(nuitka.order(application, plan.placements, plan.options), on_step)
            on_step(Step("launcher"))
            library, onefile = making.result(), early.launchers().onefile
        except BaseException:
            early.cancel()  # leaving this context waits for the launcher
            raise
    return Compiled(
        module.path if module else None, program, library, module.modules if module else (), onefile
    )
