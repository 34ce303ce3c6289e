"""The seven stages of a build, in order; each hands a frozen value to the next.

An eighth, *convert*, comes before the trace where a runtime computes other models than the application's own.
"""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe import compilers, config, convert, dlls, folder, libraries, package, report, sign
from tf2exe.compile_and_carry import compile_and_carry
from tf2exe.early import Early
from tf2exe.plan import BuildPlan, plan
from tf2exe.plan_record import as_json
from tf2exe.trace import trace
from tf2exe.verify import Parity, verify

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tf2exe.application import Application
    from tf2exe.compilers import Toolchain
    from tf2exe.footprint import Footprint
    from tf2exe.package import Package
    from tf2exe.progress import Progress

STAGES = ("config", "trace", "plan", "compile", "package", "verify", "report")


@dataclass(frozen=True)
class Request:
    """What the command line asks for.

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
class Outcome:
    """What a build gave; without package it was a dry run.

    Attributes:
        application: what was built.
        plan: with what, and why.
        package: what came out, under its final name.
        parity: what verification found; None: it was not asked for, or there was no sample.
        seconds: of each stage.
        report: the file that holds all this as JSON.
    """

    application: Application
    plan: BuildPlan
    package: Path | None
    parity: Parity | None
    seconds: dict[str, float]
    report: Path | None

    @property
    def program(self) -> Path | None:
        """What is started; None: it was a dry run."""
        folder = self.package is not None and self.package.is_dir()
        return self.package / self.application.program if self.package and folder else self.package


def build(request: Request, progress: Progress) -> Outcome:
    """Builds an application.

    Raises:
        Tf2exeError: a stage failed; nothing half-made is left under the final name.
    """
    with progress.stage("config", "what is to be built?"):
        application = config.load(request.config, request.given, request.folder)
        toolchain = compilers.choose(application.settings.compiler)
        package.refuse_foreign(application)
        sign.refuse_wrong(application)
        converts = convert.needed(application)
        if converts:
            progress.one_more_stage()
        log = _prepare(application)
        progress.result(f"{application.entry.target} as {application.settings.mode}, {toolchain.name}")
    with nullcontext() if request.dry_run else Early(application, toolchain, log) as early:
        return _build(request, application, toolchain, early, converts=converts, log=log, progress=progress)


def _build(
    request: Request,
    application: Application,
    toolchain: Toolchain,
    early: Early | None,
    *,
    converts: bool,
    log: Path,
    progress: Progress,
) -> Outcome:
    """The stages after *config*."""
    if converts:
        with progress.stage("convert", "which models does the runtime compute?"):
            application = convert.convert(application, log=log, on_step=progress.detail)
            progress.result(_models(application))
    with progress.stage("trace", "what does it really use?"):
        footprint = trace(application, log=log, on_step=progress.detail)
        application = convert.compare(application, log=log)
        agreement = f"; {application.conversion.comparison}" if application.conversion else ""
        loaded = f"{len(application.samples)} samples, {len(footprint.modules)} modules loaded"
        progress.result(loaded + agreement)
    with progress.stage("plan", "which options, which files, and why?"):
        planned = plan(application, footprint)
        (application.build / "plan.json").write_text(as_json(planned), encoding="utf-8")
        progress.result(_summary(planned))
        for line in libraries.told(planned.missing_libraries):
            progress.note(line)
    if early is None:
        return Outcome(application, planned, None, None, progress.seconds, None)
    chunks = package.chunks_for(application, _jobs(application))
    with progress.stage("compile", "turning it into machine code"):
        compiled, carried = compile_and_carry(
            application, planned, toolchain, early, chunks=chunks, log=log, progress=progress
        )
        whole = folder.assemble(application, planned, compiled, carried, footprint.answers)
    with progress.stage("package", f"{application.settings.mode}"):
        allowed, sampled = application.settings.allow_missing, bool(application.samples)
        for line in dlls.told(dlls.check(whole, allowed, sampled=sampled)):
            progress.note(line)
        built = package.package(
            application,
            whole,
            compiled.onefile,
            known=carried.files,
            chunks=chunks,
            log=log,
            on_progress=progress.bytes_of("packing"),
        )
        progress.result(f"{built.size / 1e6:.1f} MB, {len(built.files)} files")
    parity = _verify(application, footprint, built, check=request.check, log=log, progress=progress)
    with progress.stage("report", "what did we get?"):
        final = package.deliver(application, built)
        summary = report.write(
            application,
            planned,
            built,
            final,
            parity=parity,
            toolchain=toolchain,
            layer=carried,
            compiled=compiled,
            seconds=lambda: progress.so_far("report"),
        )
        progress.result(str(summary))
    return Outcome(application, planned, final, parity, progress.seconds, summary)


def _prepare(application: Application) -> Path:
    application.build.mkdir(parents=True, exist_ok=True)
    log = application.build / "build.log"
    log.write_text(
        f"tf2exe build of {application.entry.target}, {time.strftime('%Y-%m-%d %H:%M:%S')}\n", "utf-8"
    )
    return log


def _models(application: Application) -> str:
    """What the stage *convert* has made."""
    if application.conversion is None or not application.conversion.models:
        return "no model among the data files"
    models = ", ".join(f"{m.destination}, {_size(m.size)}" for m in application.conversion.models)
    how = f"{application.conversion.precision}, by {application.conversion.by}"
    return f"{models}{f' ({how})' if application.conversion.by else ''}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"  # noqa: PLR2004 - 0.1 MB


def _jobs(application: Application) -> int:
    return application.settings.jobs or os.cpu_count() or 1


def _summary(planned: BuildPlan) -> str:
    compiled = sum(fate.how == "compiled" for fate in planned.fates)
    size = sum(carried.size for carried in planned.carried) / 1e6
    unwanted = f"; {len(planned.unwanted)} packages were loaded without need" if planned.unwanted else ""
    return (
        f"{compiled} of {len(planned.fates)} modules become C; {len(planned.distributions)} packages, "
        f"{len(planned.carried)} files, {size:.0f} MB carried{unwanted}"
    )


def _verify(
    application: Application,
    footprint: Footprint,
    built: Package,
    *,
    check: bool,
    log: Path,
    progress: Progress,
) -> Parity | None:
    with progress.stage("verify", "does it answer like Python?"):
        if not check or not application.samples:
            progress.result("left out: " + ("no sample was given" if check else "--no-verify"))
            return None
        parity = verify(application, footprint, built, log=log, on_step=progress.detail)
        masked = sorted({name for comparison in parity.comparisons for name in comparison.masked})
        also = f"; masked, because Python differs from itself: {', '.join(masked)}" if masked else ""
        progress.result(
            f"{len(parity.comparisons)} of {len(parity.comparisons)} samples answered like Python{also}"
        )
    return parity
