"""The seven stages of a build, in order; each hands a frozen value to the next.

An eighth, *convert*, comes before the trace where a runtime computes other models than the application's own.
"""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tf2exe.assemble import stage as assemble_stage
from tf2exe.compile import compilers
from tf2exe.compile.speculative import Early
from tf2exe.config.stage import load_application
from tf2exe.convert import stage as convert_stage
from tf2exe.native import dlls
from tf2exe.overlap import compile_and_carry
from tf2exe.package import sign
from tf2exe.package import stage as package_stage
from tf2exe.plan import plan_json
from tf2exe.plan.stage import BuildPlan, plan
from tf2exe.report import stage as report_stage
from tf2exe.system.progress import Stages
from tf2exe.trace.stage import trace
from tf2exe.verify.deliver import deliver, raise_if_occupied
from tf2exe.verify.stage import Parity, verify

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tf2exe.compile.compilers import Toolchain
    from tf2exe.config.application import Application
    from tf2exe.native.dlls import External
    from tf2exe.package.stage import Package
    from tf2exe.report.stage import Report
    from tf2exe.system.progress import Listener
    from tf2exe.trace.footprint import Footprint

STAGES = ("config", "trace", "plan", "compile", "package", "verify", "report")
DRY_RUN = STAGES[: STAGES.index("plan") + 1]


@dataclass(frozen=True)
class Request:
    """A build as the command line orders it.

    Attributes:
        config: a `pyproject.toml`, or None.
        given: settings of the command line, by key.
        folder: the current folder.
        dry_run: stop after the plan.
        check: run the stage verify.
    """

    config: Path | None
    given: dict[str, Any]
    folder: Path
    dry_run: bool = False
    check: bool = True


@dataclass(frozen=True)
class Configured:
    """The result of the stage *config*: what is built, and with which C compiler."""

    application: Application
    toolchain: Toolchain


@dataclass(frozen=True)
class Traced:
    """The result of the stage *trace*: what the samples loaded, and how far converted models agree."""

    application: Application
    footprint: Footprint


@dataclass(frozen=True)
class Packaged:
    """The result of the stage *package*: the package, and Windows libraries that it does without."""

    package: Package
    missing: tuple[External, ...]


@dataclass(frozen=True)
class Verified:
    """The result of the stage *verify*; without parity nothing was compared.

    Attributes:
        parity: one comparison for each sample; None: nothing was compared.
        samples: how many there are.
    """

    parity: Parity | None
    samples: int


@dataclass(frozen=True)
class Outcome:
    """The result of a build; without a package it was a dry run.

    Attributes:
        application: what was built.
        plan: with what, and why.
        package: size and contents; its path is the final one.
        parity: what verification found; None: nothing was compared.
        seconds: of each stage.
        report: all this, as `report.json` has it.
        log: what the tools printed.
    """

    application: Application
    plan: BuildPlan
    package: Package | None
    parity: Parity | None
    seconds: dict[str, float]
    report: Report | None
    log: Path

    @property
    def report_file(self) -> Path:
        """The report's file, if there is one."""
        return self.application.build / report_stage.FILE

    @property
    def program(self) -> Path | None:
        """The file to start; None: it was a dry run."""
        if self.package is None:
            return None
        path = self.package.path
        return path / self.application.program if path.is_dir() else path


def build(request: Request, listener: Listener) -> Outcome:
    """Builds an application; the listener observes each stage and its result.

    Raises:
        Tf2exeError: a stage failed; nothing incomplete is left under the final name.
    """
    stages = Stages(DRY_RUN if request.dry_run else STAGES, listener)
    with stages.run("config") as stage:
        application = load_application(request.config, request.given, request.folder)
        toolchain = compilers.choose(application.settings.compiler)
        raise_if_occupied(application)
        sign.validate(application)
        if convert_stage.needed(application):
            stages.insert("convert", before="trace")
        log = _new_log(application)
        stage.set_result(Configured(application, toolchain))
    with nullcontext() if request.dry_run else Early(application, toolchain, log) as early:
        application, footprint, planned = _plan(application, stages, log)
        if early is None:
            return Outcome(application, planned, None, None, stages.seconds, None, log)
        return _make(
            application,
            footprint,
            planned,
            stages,
            toolchain=toolchain,
            early=early,
            check=request.check,
            log=log,
        )


def _plan(application: Application, stages: Stages, log: Path) -> tuple[Application, Footprint, BuildPlan]:
    """What the application uses, and what is made of it."""
    if "convert" in stages.names:
        with stages.run("convert") as stage:
            application = convert_stage.convert(application, log=log, on_step=stage.step)
            stage.set_result(application.conversion)
    with stages.run("trace") as stage:
        footprint = trace(application, log=log, on_step=stage.step)
        application = convert_stage.compare(application, log=log, on_step=stage.step)
        stage.set_result(Traced(application, footprint))
    with stages.run("plan") as stage:
        planned = plan(application, footprint)
        plan_json.to_document(planned).write(application.build / plan_json.FILE)
        stage.set_result(planned)
    return application, footprint, planned


def _make(
    application: Application,
    footprint: Footprint,
    planned: BuildPlan,
    stages: Stages,
    *,
    toolchain: Toolchain,
    early: Early,
    check: bool,
    log: Path,
) -> Outcome:
    """The executable, as planned."""
    chunks = package_stage.open_chunks(application, application.settings.jobs or os.cpu_count() or 1)
    with stages.run("compile") as stage:
        parts = compile_and_carry(application, planned, toolchain, early, chunks=chunks, log=log, stage=stage)
        whole = assemble_stage.assemble(application, planned, parts.compiled, parts.layer, footprint.answers)
        stage.set_result(parts)
    with stages.run("package") as stage:
        missing = dlls.check(whole, application.settings.allow_missing, sampled=bool(application.samples))
        built = package_stage.package(
            application,
            whole,
            parts.compiled.onefile,
            known=parts.layer.files,
            chunks=chunks,
            log=log,
            on_progress=stage.byte_counter("pack"),
        )
        stage.set_result(Packaged(built, missing))
    with stages.run("verify") as stage:
        parity = None
        if check and application.samples:
            parity = verify(application, footprint, built, log=log, on_step=stage.step)
        stage.set_result(Verified(parity, len(application.samples)))
    with stages.run("report") as stage:
        final = replace(built, path=deliver(application, built))
        written = report_stage.write_report(
            application,
            planned,
            final,
            parity=parity,
            toolchain=toolchain,
            layer=parts.layer,
            compiled=parts.compiled,
            seconds=lambda: stages.seconds_so_far("report"),
        )
        stage.set_result(application.build / report_stage.FILE)
    return Outcome(application, planned, final, parity, stages.seconds, written, log)


def _new_log(application: Application) -> Path:
    application.build.mkdir(parents=True, exist_ok=True)
    log = application.build / "build.log"
    begin = time.strftime("%Y-%m-%d %H:%M:%S")
    log.write_text(f"tf2exe build of {application.entry.target}, {begin}\n", encoding="utf-8")
    return log
