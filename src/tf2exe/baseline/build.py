"""Builds the baseline with PyInstaller, measures it and compares its output with Python."""

from __future__ import annotations

import json
import platform
import shutil
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tf2exe.baseline.comparator import compare_samples
from tf2exe.baseline.pyinstaller import count_bytes_and_files, pyinstaller_version, run_pyinstaller
from tf2exe.baseline.spec import VARIANTS, Variant, spec_text
from tf2exe.config.stage import load_application
from tf2exe.convert.stage import convert_models
from tf2exe.plan.stage import plan
from tf2exe.report.results import Traced
from tf2exe.system.progress import Stages
from tf2exe.trace.stage import trace

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.analysis.modules import Module
    from tf2exe.config.application import Application
    from tf2exe.config.request import Request
    from tf2exe.system.progress import Listener
    from tf2exe.verify.compare import Comparison

STAGES = ("config", "trace", "plan", "pyinstaller", "verify")
FORMAT = 1


@dataclass(frozen=True)
class Baseline:
    """An application that PyInstaller built.

    Attributes:
        variant: the options of the build.
        application: the application.
        modules: its own modules.
        path: the onefile or the folder.
        program: the executable.
        spec: the spec file.
        size: bytes of all files, without links.
        files: the number of files.
        comparisons: the comparisons with Python, one for each sample; empty: not compared.
        seconds: the duration of each stage.
        record: the JSON file that describes the build.
    """

    variant: Variant
    application: Application
    modules: tuple[Module, ...]
    path: Path
    program: Path
    spec: Path
    size: int
    files: int
    comparisons: tuple[Comparison, ...]
    seconds: dict[str, float]
    record: Path


@dataclass(frozen=True)
class Configured:
    """The result of the stage *config*: the application, the variant and the version of PyInstaller."""

    application: Application
    variant: Variant
    version: str


@dataclass(frozen=True)
class Bundled:
    """The result of the stage *pyinstaller*: the bytes and the number of the files."""

    size: int
    files: int


@dataclass(frozen=True)
class Checked:
    """The result of the stage *verify*: the comparisons (empty: not compared), and the number of samples."""

    comparisons: tuple[Comparison, ...]
    samples: int


def build_baseline(request: Request, listener: Listener, *, tuned: bool) -> Baseline:
    """Traces and plans as for tf2exe, writes the spec file, runs PyInstaller and compares the output.

    Args:
        request: the application, and whether to compare.
        listener: observes each stage and its result.
        tuned: whether to exclude files and to strip libraries as tf2exe does.

    Raises:
        MachineError: PyInstaller is not installed.
        CompileError: PyInstaller failed.
        Tf2exeError: the application cannot be traced or planned.
    """
    stages = Stages(STAGES, listener)
    with stages.run("config") as stage:
        application = load_application(request.config, request.given, request.folder)
        variant = select_variant(onefile=application.settings.mode == "onefile", tuned=tuned)
        installed = pyinstaller_version()
        folder, log = _new_folder(application, variant)
        stage.set_result(Configured(application, variant, installed))
    traced = _trace(application, stages, log)
    with stages.run("plan") as stage:
        planned = plan(application, traced.footprint, traced.converted)
        spec, script = folder / f"{application.name}.spec", folder / f"{application.name}.py"
        text = spec_text(application, planned, traced.footprint, variant, script)
        spec.write_text(text, encoding="utf-8")
        stage.set_result(spec)
    with stages.run("pyinstaller") as stage:
        path = run_pyinstaller(spec, folder, log, stage)
        size, files = count_bytes_and_files(path)
        stage.set_result(Bundled(size, files))
    program = path / application.target.executable_name(path.name) if path.is_dir() else path
    modules = tuple(placement.module for placement in planned.placements)
    comparisons: tuple[Comparison, ...] = ()
    with stages.run("verify") as stage:
        if request.check:
            comparisons = compare_samples(
                application,
                modules,
                traced.footprint.results,
                program,
                folder / "verify",
                models=traced.converted.folder if traced.converted else None,
                on_step=stage.step,
            )
        stage.set_result(Checked(comparisons, len(application.samples)))
    record = folder / "baseline.json"
    result = Baseline(
        variant, application, modules, path, program, spec, size, files, comparisons, stages.seconds, record
    )
    record.write_text(json.dumps(_record(result), indent=1), encoding="utf-8")
    return result


def select_variant(*, onefile: bool, tuned: bool) -> Variant:
    """The variant with these properties."""
    mode = "onefile" if onefile else "standalone"
    return next(variant for variant in VARIANTS if (variant.mode, variant.tuned) == (mode, tuned))


def _new_folder(application: Application, variant: Variant) -> tuple[Path, Path]:
    """Creates the empty folder of the build and its log."""
    folder = application.build / "baseline" / variant.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder / "baseline.log"
    log.write_text(f"tf2exe baseline of {application.entry.target}\n", encoding="utf-8")
    return folder, log


def _trace(application: Application, stages: Stages, log: Path) -> Traced:
    """Converts models, and runs the samples with them."""
    with stages.run("trace") as stage:
        converted = convert_models(application, log=log, on_step=stage.step)
        footprint = trace(
            application,
            models=converted.folder if converted else None,
            record_calls=bool(converted and converted.by),
            log=log,
            on_step=stage.step,
        )
        traced = Traced(application, footprint, converted)
        stage.set_result(traced)
    return traced


def _record(baseline: Baseline) -> dict[str, Any]:
    """The content of `baseline.json`."""
    return {
        "format": FORMAT,
        "name": baseline.application.name,
        "variant": baseline.variant.name,
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "executable": str(baseline.program),
        "path": str(baseline.path),
        "mode": baseline.variant.mode,
        "tuned": baseline.variant.tuned,
        "spec": str(baseline.spec),
        "size": baseline.size,
        "files": baseline.files,
        "seconds": {stage: round(value, 2) for stage, value in baseline.seconds.items()},
        "versions": {"pyinstaller": version("pyinstaller"), "python": platform.python_version()},
        "parity": [
            {
                "sample": comparison.sample,
                "same": comparison.same,
                "difference": str(comparison.difference) if comparison.difference else None,
            }
            for comparison in baseline.comparisons
        ],
    }
