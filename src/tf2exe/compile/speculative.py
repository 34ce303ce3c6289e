"""Starts the compilers speculatively, while models are converted and samples are traced.

The launcher of a onefile does not depend on the application. The plan decides which modules are compiled to
C; nearly always these are the modules of import statements and those that the samples of the last build
loaded. If the plan differs, Nuitka is restarted.
"""

from __future__ import annotations

import sys
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

from tf2exe.analysis.modules import scan
from tf2exe.compile import launchers, nuitka
from tf2exe.compile.nuitka_progress import NuitkaProgress
from tf2exe.compile.resources import check_icon, compile_resources
from tf2exe.config.application import program_name
from tf2exe.errors import Tf2exeError
from tf2exe.plan import module_placement, nuitka_options
from tf2exe.system.cancellation import CancellationToken
from tf2exe.system.progress import Step
from tf2exe.trace import footprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.compile.nuitka import NativeModule, Order
    from tf2exe.config.application import Application

T = TypeVar("T")

ONLY_NOW = "Restarting Nuitka: the plan differs from the speculative build"

HEARTBEAT = 0.2
"""Seconds between two looks: Windows delivers Ctrl-C only in between."""


@dataclass(frozen=True)
class Launchers:
    """The parts that do not depend on the plan.

    Attributes:
        resources: icon and version information (Windows); None: an executable has none.
        onefile: the launcher of a single file; None: it will be a folder.
    """

    resources: Path | None
    onefile: Path | None


class Early:
    """Compiles in the background from its creation on; leaving the context ends what is not done."""

    def __init__(self, application: Application, toolchain: Toolchain, log: Path) -> None:
        """Begins.

        Args:
            application: as the stage *config* gives it.
            toolchain: the compiler.
            log: where the compilers' words go, those of Nuitka at its end.
        """
        self._application, self._toolchain, self._log = application, toolchain, log
        folder = application.build / "compile"
        folder.mkdir(parents=True, exist_ok=True)
        self._nuitka_log = folder / "nuitka.log"
        self._guess = guess(application)
        self._nuitka, self._others = CancellationToken(), CancellationToken()
        self._progress = NuitkaProgress(folder / "nuitka")
        self._threads = ThreadPoolExecutor(max_workers=2)
        self._launchers = self._threads.submit(self._compile_launchers, folder)
        self._module = self._threads.submit(self._make, self._guess) if self._guess else None

    def launchers(self) -> Launchers:
        """The parts that do not depend on the plan, once they are compiled.

        Raises:
            CompileError: the C compiler failed.
            ConfigurationError: the icon is none.
        """
        return _result(self._launchers)

    def module(self, wanted: Order | None, on_step: Callable[[Step], None]) -> NativeModule | None:
        """The native module that the plan needs, once it is compiled; None: it needs none.

        Args:
            wanted: what the plan needs.
            on_step: called from time to time with what Nuitka does now.

        Raises:
            CompileError: Nuitka or the C compiler failed.
        """
        if self._module is not None and wanted != self._guess:
            self._nuitka.cancel()
            self._module.exception()
            self._nuitka, self._module = CancellationToken(), None
        if wanted is None:
            return None
        if self._module is None:
            self._say(f"\n{ONLY_NOW}\n".encode())
            self._module = self._threads.submit(self._make, wanted)
        try:
            module = _result(self._module, lambda: on_step(self._progress.step()))
        except Tf2exeError as error:
            error.log = self._log
            raise
        finally:
            if self._nuitka_log.exists():
                self._say(self._nuitka_log.read_bytes())
        on_step(Step("link", number=1, total=1))
        return module

    def _make(self, wanted: Order) -> NativeModule:
        self._nuitka_log.unlink(missing_ok=True)
        self._progress = NuitkaProgress(self._application.build / "compile" / "nuitka")
        return nuitka.make(
            wanted,
            self._application,
            self._toolchain,
            log=self._nuitka_log,
            on_line=self._progress.heard,
            cancellation=self._nuitka,
        )

    def _say(self, text: bytes) -> None:
        with self._log.open("ab") as log:
            log.write(text)

    def _compile_launchers(self, folder: Path) -> Launchers:
        settings = self._application.settings
        resources = _resources(self._application, self._toolchain, folder, self._log)
        if settings.mode != "onefile":
            return Launchers(resources, None)
        program = folder / program_name("onefile")
        launchers.build_onefile(
            self._toolchain,
            program,
            resources=resources,
            debug=settings.debug,
            console=settings.shows_console,
            log=self._log,
            cancellation=self._others,
        )
        return Launchers(resources, program)

    def __enter__(self) -> Self:
        return self

    def cancel(self) -> None:
        """Ends what is not done; calls that wait for it raise `CompileError`."""
        self._nuitka.cancel()
        self._others.cancel()

    def __exit__(self, *_: object) -> None:
        self.cancel()
        self._threads.shutdown(cancel_futures=True)


def guess(application: Application) -> Order | None:
    """What the plan will order, as far as the source and the last build's samples tell; None: no idea."""
    try:
        seen = footprint.gather(application.build / "trace", ())
    except (ValueError, SyntaxError):  # that build was ended while it wrote
        seen = footprint.NOTHING
    try:
        modules = scan(application, module_placement.own_modules(application, seen))
        chosen = module_placement.place_modules(application, modules, seen)
        options = nuitka_options.select(
            application, chosen, nuitka_options.compiled_packages(application, modules)
        )
        return nuitka.order(application, chosen, options)
    except (Tf2exeError, OSError):  # the stage *plan* will say it
        return None


def _result(future: Future[T], on_wait: Callable[[], None] = lambda: None) -> T:
    while not future.done():
        on_wait()
        wait([future], HEARTBEAT)
    return future.result()


def _resources(application: Application, toolchain: Toolchain, folder: Path, log: Path) -> Path | None:
    """An icon is checked everywhere, so that a mistake is seen before the build moves to Windows."""
    icon = (application.project / application.settings.icon).resolve() if application.settings.icon else None
    if icon is not None:
        check_icon(icon)
    if sys.platform != "win32":
        return None
    info = application.settings.version_info
    return compile_resources(toolchain, folder, name=application.name, info=info, icon=icon, log=log)
