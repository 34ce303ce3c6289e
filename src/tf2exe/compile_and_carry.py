"""Compiling, and what is done beside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tf2exe import layer, stream
from tf2exe.compile import Compiled, compile_application

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.application import Application
    from tf2exe.chunks import Chunks
    from tf2exe.compilers import Toolchain
    from tf2exe.early import Early
    from tf2exe.layer_record import Layer
    from tf2exe.plan import BuildPlan
    from tf2exe.progress import Progress


def compile_and_carry(
    application: Application,
    planned: BuildPlan,
    toolchain: Toolchain,
    early: Early,
    *,
    chunks: Chunks,
    log: Path,
    progress: Progress,
) -> tuple[Compiled, Layer]:
    """Compiles while the carried files are laid out, and compressed for a single file.

    Compiling has long parts that use one processor only, and laying out waits for the disk.
    """
    is_onefile = application.settings.mode == "onefile"

    def carry() -> Layer:
        if is_onefile:
            data = [file.source.absolute() for file in planned.data]
            total = sum(file.size for file in planned.carried) + sum(path.stat().st_size for path in data)
            compress(application.project, stream.plan_alone(data, total))
        carried = layer.lay_out(
            planned,
            application.build.parent / ".carried",
            toolchain,
            debug=application.settings.debug,
            jobs=chunks.jobs,
            log=log,
            on_progress=progress.bytes_of("carrying"),
        )
        if is_onefile:
            compress(carried.folder, stream.plan_chunks(carried.folder, stream.scan(carried.folder)))
        return carried

    with chunks.ahead() as compress, ThreadPoolExecutor(max_workers=1) as beside:
        carrying = beside.submit(carry)
        compiled = compile_application(
            application, planned, toolchain, early=early, log=log, on_line=progress.detail
        )
        carried = carrying.result()
    for file in carried.unmatched:
        progress.note(f"{file} is another version than tf2exe knows: see `tf2exe explain {file}`")
    return compiled, carried
