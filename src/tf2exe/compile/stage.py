"""Stage *compile*: compiles the planned modules and the launchers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.compile import launchers
from tf2exe.compile.nuitka import nuitka_inputs
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.compile.speculative import SpeculativeBuild
    from tf2exe.config.application import Application
    from tf2exe.plan.stage import BuildPlan


@dataclass(frozen=True)
class CompiledApplication:
    """The result of the stage *compile*.

    Attributes:
        module: the native module with the application; None if no module is compiled.
        launcher: the executable that starts the interpreter.
        library: the start library, which the launcher loads from `lib/`; None if there is none.
        modules: the names of the compiled modules, as reported by Nuitka.
        onefile: the launcher of a onefile; None in standalone mode.
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
    speculative: SpeculativeBuild,
    log: Path,
    on_step: Callable[[Step], None],
) -> CompiledApplication:
    """Compiles the application with Nuitka, and the launcher that starts the interpreter.

    Raises:
        CompileError: Nuitka or the C compiler failed.
        MachineError: headers or libpython are missing.
    """
    program = application.build / "compile" / application.target.executable_name("launcher")
    launchers.require_embeddable_python()

    def compile_launcher() -> Path | None:
        return launchers.build_interpreter(
            toolchain,
            program,
            resources=speculative.launchers().resources,
            preload=[library for library in plan.libraries if library.reason.startswith("lib/packages/")],
            debug=application.settings.debug,
            console=application.settings.shows_console,
            quick_exit=application.settings.quick_exit,
            log=log,
        )

    with ThreadPoolExecutor(max_workers=1) as executor:
        pending = executor.submit(compile_launcher)
        try:
            module = speculative.native_module(
                nuitka_inputs(application, plan.placements, plan.options), on_step
            )
            on_step(Step("launcher"))
            library, onefile = pending.result(), speculative.launchers().onefile
        except BaseException:
            speculative.cancel()  # because leaving this context waits for the launcher
            raise
    return CompiledApplication(
        module.path if module else None, program, library, module.modules if module else (), onefile
    )
