"""Runs two stages at the same time: compiles, and prepares the layer of bundled files."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.assemble import layer
from tf2exe.compile.stage import CompiledApplication, compile_application
from tf2exe.onefile.chunk_plan import plan_chunks, plan_large_files
from tf2exe.onefile.scan import scan_folder
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.assemble.layer_record import Layer
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.compile.speculative import SpeculativeBuild
    from tf2exe.config.application import Application
    from tf2exe.onefile.chunk_compressor import ChunkCompressor
    from tf2exe.plan.stage import BuildPlan
    from tf2exe.system.progress import Stage


@dataclass(frozen=True)
class CompiledAndBundled:
    """The compiled application and the layer of bundled files."""

    compiled: CompiledApplication
    layer: Layer


def compile_and_bundle(
    application: Application,
    planned: BuildPlan,
    toolchain: Toolchain,
    speculative: SpeculativeBuild,
    *,
    compressor: ChunkCompressor,
    log: Path,
    stage: Stage,
) -> CompiledAndBundled:
    """Compiles while a thread prepares the bundled files and, for a onefile, compresses them.

    Long parts of the compilation use one processor only, and preparing the files waits for the disk.
    """
    is_onefile = application.settings.mode == "onefile"

    def prepare() -> Layer:
        if is_onefile:
            data = [file.source.absolute() for file in planned.data]
            total = sum(file.size for file in planned.files) + sum(path.stat().st_size for path in data)
            compress(application.project, plan_large_files(data, total))
        bundled = layer.prepare_layer(
            planned,
            application.build.parent / ".bundled",
            toolchain,
            debug=application.settings.debug,
            jobs=compressor.jobs,
            log=log,
            on_progress=stage.byte_counter("bundle", beside=True),
        )
        if is_onefile:
            compress(bundled.folder, plan_chunks(bundled.folder, scan_folder(bundled.folder)))
        return bundled

    with compressor.precompress() as compress, ThreadPoolExecutor(max_workers=1) as executor:
        pending = executor.submit(prepare)
        compiled = compile_application(
            application, planned, toolchain, speculative=speculative, log=log, on_step=stage.step
        )
        stage.step(Step("link", number=1, total=1))
        bundled = pending.result()
        if is_onefile:
            stage.step(Step("compress"))
    return CompiledAndBundled(compiled, bundled)
