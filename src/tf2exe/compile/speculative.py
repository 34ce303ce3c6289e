"""Starts the compilers speculatively, while models are converted and samples are traced.

The launcher of a onefile does not depend on the plan. The plan decides which modules Nuitka compiles; they
are predicted from import statements and from the footprint of the last build. If the plan differs, Nuitka is
restarted.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from tf2exe.analysis.modules import find_modules
from tf2exe.compile import launchers
from tf2exe.compile.nuitka import nuitka_inputs, run_nuitka
from tf2exe.compile.nuitka_progress import NuitkaProgress
from tf2exe.compile.windows_resources import check_icon, compile_resources
from tf2exe.errors import Tf2exeError
from tf2exe.plan import module_placement, nuitka_options
from tf2exe.system.cancellation import CancellationToken
from tf2exe.system.progress import Step
from tf2exe.trace.footprint import EMPTY_FOOTPRINT, read_footprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.compile.nuitka import NativeModule, NuitkaInputs
    from tf2exe.config.application import Application

T = TypeVar("T")

RESTARTED = "Restarting Nuitka: the plan differs from the speculative build"

POLL_SECONDS = 0.2
"""Seconds between two polls; Windows delivers Ctrl-C only between them."""


@dataclass(frozen=True)
class LauncherParts:
    """The compiled files that do not depend on the plan.

    Attributes:
        resources: icon and version information; None except on Windows.
        onefile: the launcher of a onefile; None in standalone mode.
    """

    resources: Path | None
    onefile: Path | None


class SpeculativeBuild:
    """Compiles in background threads from its creation on; leaving the context cancels unfinished work."""

    def __init__(self, application: Application, toolchain: Toolchain, log: Path) -> None:
        """Starts the compilers.

        Args:
            application: the application, as configured.
            toolchain: the C compiler.
            log: the file that gets the compilers' output; Nuitka's is appended when Nuitka ends.
        """
        self._application, self._toolchain, self._log = application, toolchain, log
        folder = application.build / "compile"
        folder.mkdir(parents=True, exist_ok=True)
        self._nuitka_log = folder / "nuitka.log"
        self._predicted = predict_inputs(application)
        self._nuitka_cancellation, self._launcher_cancellation = CancellationToken(), CancellationToken()
        self._progress = NuitkaProgress(folder / "nuitka")
        self._threads = ThreadPoolExecutor(max_workers=2)
        self._launchers = self._threads.submit(self._compile_launchers, folder)
        self._module = self._threads.submit(self._run_nuitka, self._predicted) if self._predicted else None

    def launchers(self) -> LauncherParts:
        """Waits for the files that do not depend on the plan.

        Raises:
            CompileError: the C compiler failed.
            ConfigurationError: the icon is not an `.ico` file.
        """
        return _wait_for(self._launchers)

    def native_module(
        self, inputs: NuitkaInputs | None, on_step: Callable[[Step], None]
    ) -> NativeModule | None:
        """Waits for the native module; restarts Nuitka if the plan differs from the prediction.

        Args:
            inputs: the inputs according to the plan; None if it compiles no module.
            on_step: called repeatedly with Nuitka's progress.

        Returns:
            The native module; None if the plan compiles no module.

        Raises:
            CompileError: Nuitka or the C compiler failed.
        """
        if self._module is not None and inputs != self._predicted:
            self._nuitka_cancellation.cancel()
            self._module.exception()
            self._nuitka_cancellation, self._module = CancellationToken(), None
        if inputs is None:
            return None
        if self._module is None:
            self._append_to_log(f"\n{RESTARTED}\n".encode())
            self._module = self._threads.submit(self._run_nuitka, inputs)
        try:
            module = _wait_for(self._module, lambda: on_step(self._progress.current_step()))
        except Tf2exeError as error:
            error.log = self._log
            raise
        finally:
            if self._nuitka_log.exists():
                self._append_to_log(self._nuitka_log.read_bytes())
        on_step(Step("link", number=1, total=1))
        return module

    def _run_nuitka(self, inputs: NuitkaInputs) -> NativeModule:
        self._nuitka_log.unlink(missing_ok=True)
        self._progress = NuitkaProgress(self._application.build / "compile" / "nuitka")
        return run_nuitka(
            inputs,
            self._application,
            self._toolchain,
            log=self._nuitka_log,
            on_line=self._progress.on_line,
            cancellation=self._nuitka_cancellation,
        )

    def _append_to_log(self, text: bytes) -> None:
        with self._log.open("ab") as log:
            log.write(text)

    def _compile_launchers(self, folder: Path) -> LauncherParts:
        settings = self._application.settings
        resources = _resources(self._application, self._toolchain, folder, self._log)
        if settings.mode != "onefile":
            return LauncherParts(resources, None)
        program = folder / self._application.target.executable_name("onefile")
        launchers.build_onefile(
            self._toolchain,
            program,
            resources=resources,
            debug=settings.debug,
            console=settings.shows_console,
            log=self._log,
            cancellation=self._launcher_cancellation,
        )
        return LauncherParts(resources, program)

    def __enter__(self) -> Self:
        return self

    def cancel(self) -> None:
        """Cancels unfinished work; waiting calls raise `CompileError`."""
        self._nuitka_cancellation.cancel()
        self._launcher_cancellation.cancel()

    def __exit__(self, *_: object) -> None:
        self.cancel()
        self._threads.shutdown(cancel_futures=True)


def predict_inputs(application: Application) -> NuitkaInputs | None:
    """Predicts the inputs of Nuitka from the source and the last build's footprint.

    Returns:
        None if there is no prediction, or no module to compile.
    """
    try:
        seen = read_footprint(application.build / "trace", ())
    except (ValueError, SyntaxError):  # the last build was interrupted while it wrote
        seen = EMPTY_FOOTPRINT
    try:
        modules = find_modules(application, module_placement.own_modules(application, seen))
        chosen = module_placement.place_modules(application, modules, seen)
        options = nuitka_options.select(
            application, chosen, nuitka_options.compiled_packages(application, modules)
        )
        return nuitka_inputs(application, chosen, options)
    except (Tf2exeError, OSError):  # the stage *plan* will report it
        return None


def _wait_for(future: Future[T], on_wait: Callable[[], None] = lambda: None) -> T:
    while not future.done():
        on_wait()
        wait([future], POLL_SECONDS)
    return future.result()


def _resources(application: Application, toolchain: Toolchain, folder: Path, log: Path) -> Path | None:
    """Compiles the Windows resources; checks the icon on every system, so that mistakes show early."""
    icon = (application.project / application.settings.icon).resolve() if application.settings.icon else None
    if icon is not None:
        check_icon(icon)
    if not application.target.is_windows:
        return None
    info = application.settings.version_info
    return compile_resources(toolchain, folder, name=application.name, info=info, icon=icon, log=log)
