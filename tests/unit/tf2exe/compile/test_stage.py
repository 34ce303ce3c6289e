from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

from tf2exe.compile import compilers
from tf2exe.compile.stage import compile_application
from tf2exe.errors import CompileError
from tf2exe.plan.stage import plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.compile.speculative import SpeculativeBuild
    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint


class Endless:
    """Compilers that run until they are cancelled; the user interrupts meanwhile."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def launchers(self) -> None:
        assert self.cancelled.wait(60)
        raise CompileError("the C compiler", "was cancelled", "build again")

    def native_module(self, *_: object) -> None:
        raise KeyboardInterrupt

    def cancel(self) -> None:
        self.cancelled.set()


def test_an_interruption_does_not_wait_for_the_launchers(
    project: Callable[..., Application], footprint: Callable[..., Footprint], tmp_path: Path
) -> None:
    application = project({"run.py": ""}, entry="run.py")
    speculative = Endless()
    with pytest.raises(KeyboardInterrupt):
        compile_application(
            application,
            plan(application, footprint()),
            compilers.select_compiler("auto"),
            speculative=cast("SpeculativeBuild", cast("Any", speculative)),
            log=tmp_path / "log",
            on_step=lambda _step: None,
        )
    assert speculative.cancelled.is_set()
