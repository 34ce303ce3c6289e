"""The stages of a build, in order; each hands a frozen value to the next.

*convert* runs only if the runtime needs converted models.
"""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from tf2exe.assemble.stage import assemble
from tf2exe.compile import compilers
from tf2exe.compile.speculative import SpeculativeBuild
from tf2exe.config.stage import load_application
from tf2exe.convert.stage import convert_models, has_models_to_convert, measure_agreement
from tf2exe.native import missing_dlls
from tf2exe.overlap import compile_and_bundle
from tf2exe.package import sign
from tf2exe.package.manifest import describe_models
from tf2exe.package.stage import create_compressor, create_package
from tf2exe.plan import plan_json
from tf2exe.plan.stage import plan
from tf2exe.report.results import Configured, Outcome, Packaged, Traced, Verified
from tf2exe.report.stage import FILE, write_report
from tf2exe.system.progress import Stages
from tf2exe.trace.stage import trace
from tf2exe.verify.deliver import deliver, raise_if_occupied
from tf2exe.verify.stage import verify

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.config.application import Application
    from tf2exe.config.request import Request
    from tf2exe.plan.stage import BuildPlan
    from tf2exe.system.progress import Listener

STAGES = ("config", "trace", "plan", "compile", "package", "verify", "report")
DRY_RUN = STAGES[: STAGES.index("plan") + 1]


def build(request: Request, listener: Listener) -> Outcome:
    """Builds an application; the listener observes each stage and its result.

    Raises:
        Tf2exeError: a stage failed; nothing incomplete is left under the final name.
    """
    stages = Stages(DRY_RUN if request.dry_run else STAGES, listener)
    with stages.run("config") as stage:
        application = load_application(request.config, request.given, request.folder)
        toolchain = compilers.select_compiler(application.settings.compiler)
        raise_if_occupied(application)
        sign.validate(application)
        if has_models_to_convert(application):
            stages.insert("convert", before="trace")
        log = _new_log(application)
        stage.set_result(Configured(application, toolchain))
    with nullcontext() if request.dry_run else SpeculativeBuild(application, toolchain, log) as speculative:
        traced, planned = _plan(application, stages, log)
        if speculative is None:
            return Outcome(traced, planned, None, None, stages.seconds, None, log)
        return _make(
            traced,
            planned,
            stages,
            toolchain=toolchain,
            speculative=speculative,
            check=request.check,
            log=log,
        )


def _plan(application: Application, stages: Stages, log: Path) -> tuple[Traced, BuildPlan]:
    """Finds out what the application uses, and decides what the executable contains."""
    converted = None
    if "convert" in stages.names:
        with stages.run("convert") as stage:
            converted = convert_models(application, log=log, on_step=stage.step)
            stage.set_result(converted)
    with stages.run("trace") as stage:
        models, is_converted = (converted.folder, bool(converted.by)) if converted else (None, False)
        footprint = trace(application, models=models, record_calls=is_converted, log=log, on_step=stage.step)
        agreement = measure_agreement(application, converted, log=log, on_step=stage.step)
        traced = Traced(application, footprint, converted, agreement)
        stage.set_result(traced)
    with stages.run("plan") as stage:
        planned = plan(application, footprint, converted)
        plan_json.to_document(planned).write(application.build / plan_json.FILE)
        stage.set_result(planned)
    return traced, planned


def _make(
    traced: Traced,
    planned: BuildPlan,
    stages: Stages,
    *,
    toolchain: Toolchain,
    speculative: SpeculativeBuild,
    check: bool,
    log: Path,
) -> Outcome:
    """Makes the executable as planned, compares it with Python and delivers it."""
    application, footprint, converted = traced.application, traced.footprint, traced.converted
    models = describe_models(converted, traced.agreement)
    compressor = create_compressor(application, application.settings.jobs or os.cpu_count() or 1)
    with stages.run("compile") as stage:
        parts = compile_and_bundle(
            application, planned, toolchain, speculative, compressor=compressor, log=log, stage=stage
        )
        folder = assemble(
            application,
            planned,
            parts.compiled,
            parts.layer,
            footprint.results,
            converted=converted,
            agreement=traced.agreement,
        )
        stage.set_result(parts)
    with stages.run("package") as stage:
        missing = missing_dlls.check_folder(
            folder, application.settings.allow_missing, sampled=bool(application.samples)
        )
        packaged = create_package(
            application,
            folder,
            parts.compiled.onefile,
            models=models,
            known=parts.layer.files,
            compressor=compressor,
            log=log,
            on_progress=stage.byte_counter("pack"),
        )
        stage.set_result(Packaged(packaged, missing))
    with stages.run("verify") as stage:
        parity = None
        if check and application.samples:
            folder_of_models = converted.folder if converted else None
            parity = verify(
                application, footprint, packaged, models=folder_of_models, log=log, on_step=stage.step
            )
        delivered = replace(packaged, path=deliver(application, packaged))
        stage.set_result(Verified(parity, len(application.samples)))
    with stages.run("report") as stage:
        report = write_report(
            application,
            planned,
            delivered,
            models=models,
            parity=parity,
            toolchain=toolchain,
            layer=parts.layer,
            compiled=parts.compiled,
            seconds=lambda: stages.seconds_so_far("report"),
        )
        stage.set_result(application.build / FILE)
    return Outcome(traced, planned, delivered, parity, stages.seconds, report, log)


def _new_log(application: Application) -> Path:
    application.build.mkdir(parents=True, exist_ok=True)
    log = application.build / "build.log"
    begin = time.strftime("%Y-%m-%d %H:%M:%S")
    log.write_text(f"tf2exe build of {application.entry.target}, {begin}\n", encoding="utf-8")
    return log
