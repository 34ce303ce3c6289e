"""Builds the baseline with PyInstaller, measures it and compares its output with Python."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tf2exe.baseline import answers
from tf2exe.baseline.spec import VARIANTS, Variant, spec_text
from tf2exe.config.stage import load_application
from tf2exe.convert.stage import convert_models
from tf2exe.errors import CompileError, MachineError
from tf2exe.plan.stage import plan
from tf2exe.report.results import Traced
from tf2exe.system.process import run_logged
from tf2exe.system.progress import Stages
from tf2exe.trace.stage import trace

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.analysis.modules import Module
    from tf2exe.config.application import Application
    from tf2exe.config.request import Request
    from tf2exe.system.progress import Listener, Stage
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
        comparisons: with Python, one for each sample; empty: not compared.
        seconds: the duration of each stage.
        record: the JSON file with all of this.
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
    """The result of the stage *verify*: a comparison for each sample, or none, and the number of samples."""

    comparisons: tuple[Comparison, ...]
    samples: int


def variant_of(*, onefile: bool, tuned: bool) -> Variant:
    """The variant with these properties."""
    mode = "onefile" if onefile else "standalone"
    return next(variant for variant in VARIANTS if (variant.mode, variant.tuned) == (mode, tuned))


def build_baseline(request: Request, listener: Listener, *, tuned: bool) -> Baseline:
    """Traces and plans as for tf2exe, writes the spec file, runs PyInstaller and compares the output.

    Raises:
        MachineError: PyInstaller is not installed.
        CompileError: PyInstaller failed.
        Tf2exeError: the application cannot be traced or planned.
    """
    stages = Stages(STAGES, listener)
    with stages.run("config") as stage:
        application = load_application(request.config, request.given, request.folder)
        variant = variant_of(onefile=application.settings.mode == "onefile", tuned=tuned)
        installed = require_pyinstaller()
        folder = application.build / "baseline" / variant.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        log = folder / "baseline.log"
        log.write_text(f"tf2exe baseline of {application.entry.target}\n", encoding="utf-8")
        stage.set_result(Configured(application, variant, installed))
    with stages.run("trace") as stage:
        converted = convert_models(application, log=log, on_step=stage.step)
        models = converted.folder if converted else None
        footprint = trace(
            application,
            models=models,
            record_calls=bool(converted and converted.by),
            log=log,
            on_step=stage.step,
        )
        stage.set_result(Traced(application, footprint, converted))
    with stages.run("plan") as stage:
        planned = plan(application, footprint, converted)
        spec = folder / f"{application.name}.spec"
        script = folder / f"{application.name}.py"
        spec.write_text(spec_text(application, planned, footprint, variant, script), encoding="utf-8")
        stage.set_result(spec)
    with stages.run("pyinstaller") as stage:
        path = _run_pyinstaller(spec, folder, log, stage)
        size, files = size_and_files(path)
        stage.set_result(Bundled(size, files))
    program = path / application.target.executable_name(path.name) if path.is_dir() else path
    modules = tuple(placement.module for placement in planned.placements)
    comparisons: tuple[Comparison, ...] = ()
    with stages.run("verify") as stage:
        if request.check:
            checked = folder / "verify"
            comparisons = answers.check(
                application,
                modules,
                footprint.results,
                program,
                checked,
                models=models,
                on_step=stage.step,
            )
        stage.set_result(Checked(comparisons, len(application.samples)))
    record = folder / "baseline.json"
    result = Baseline(
        variant, application, modules, path, program, spec, size, files, comparisons, stages.seconds, record
    )
    record.write_text(json.dumps(_document(result), indent=1), encoding="utf-8")
    return result


def require_pyinstaller() -> str:
    """The version of PyInstaller.

    Raises:
        MachineError: it is not installed in this Python.
    """
    if importlib.util.find_spec("PyInstaller") is None:
        raise MachineError(
            "PyInstaller is missing", "it is not installed in this Python", "pip install 'tf2exe[compare]'"
        )
    return version("pyinstaller")


def _run_pyinstaller(spec: Path, folder: Path, log: Path, stage: Stage) -> Path:
    folders = ["--distpath", str(folder / "dist"), "--workpath", str(folder / "work")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", *folders, str(spec)]
    # A separate cache, so that an earlier build does not make this one faster.
    env = {**os.environ, "PYINSTALLER_CONFIG_DIR": str(folder / "cache")}
    run_logged(
        command,
        log=log,
        cwd=folder,
        env=env,
        on_line=stage.output,
        remedy="see the log; `pyinstaller NAME.spec` builds the same by hand",
    )
    shutil.rmtree(folder / "work", ignore_errors=True)
    shutil.rmtree(folder / "cache", ignore_errors=True)
    built = sorted((folder / "dist").iterdir())
    if len(built) != 1:
        raise CompileError(
            "PyInstaller built nothing",
            f"{folder / 'dist'} does not hold one file or folder",
            "see the log",
            log,
        )
    return built[0]


def size_and_files(path: Path) -> tuple[int, int]:
    """The bytes and the number of the files in a folder, or of a file. A link has no bytes."""
    if not path.is_dir():
        return path.stat().st_size, 1
    files = [file for file in path.rglob("*") if file.is_symlink() or file.is_file()]
    return sum(0 if file.is_symlink() else file.stat().st_size for file in files), len(files)


def _document(baseline: Baseline) -> dict[str, Any]:
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
