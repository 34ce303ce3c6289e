"""Compiles, and lays out the bundled files meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.assemble import layer
from tf2exe.compile.stage import Compiled, compile_application
from tf2exe.onefile import stream
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.assemble.layer_record import Layer
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.compile.speculative import Early
    from tf2exe.config.application import Application
    from tf2exe.onefile.chunks import Chunks
    from tf2exe.plan.stage import BuildPlan
    from tf2exe.system.progress import Stage


@dataclass(frozen=True)
class Parts:
    """The result of the stage *compile*: the native code, and the folder of the bundled files."""

    compiled: Compiled
    layer: Layer


def compile_and_carry(
    application: Application,
    planned: BuildPlan,
    toolchain: Toolchain,
    early: Early,
    *,
    chunks: Chunks,
    log: Path,
    stage: Stage,
) -> Parts:
    """Compiles while the bundled files are laid out, and compressed for a onefile.

    Compilation has long parts that use one processor only, and laying out waits for the disk.
    """
    is_onefile = application.settings.mode == "onefile"

    def carry() -> Layer:
        if is_onefile:
            data = [file.source.absolute() for file in planned.data]
            total = sum(file.size for file in planned.files) + sum(path.stat().st_size for path in data)
            compress(application.project, stream.plan_alone(data, total))
        carried = layer.lay_out(
            planned,
            application.build.parent / ".carried",
            toolchain,
            debug=application.settings.debug,
            jobs=chunks.jobs,
            log=log,
            on_progress=stage.byte_counter("bundle", beside=True),
        )
        if is_onefile:
            compress(carried.folder, stream.plan_chunks(carried.folder, stream.scan(carried.folder)))
        return carried

    with chunks.ahead() as compress, ThreadPoolExecutor(max_workers=1) as beside:
        carrying = beside.submit(carry)
        compiled = compile_application(
            application, planned, toolchain, early=early, log=log, on_step=stage.step
        )
        stage.step(Step("link", number=1, total=1))
        carried = carrying.result()
        if is_onefile:
            stage.step(Step("compress"))
    return Parts(compiled, carried)
