"""Builds a variant, each kind in its own way."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING

from pydantic import Field

from tf2exe import __version__, pipeline
from tf2exe.baseline.build import build_baseline
from tf2exe.baseline.pyinstaller import count_bytes_and_files
from tf2exe.comparison import nuitka
from tf2exe.comparison.comparison_json import ComparedCase, ComparedCases
from tf2exe.comparison.download import compressed_size
from tf2exe.config.stage import load_application
from tf2exe.errors import Tf2exeError
from tf2exe.system.document import DocumentPart
from tf2exe.system.progress import SilentListener

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.comparison.configurations import Variant
    from tf2exe.config.request import Request
    from tf2exe.system.progress import Listener

NOT_COUNTED = "verify"
"""The stage that does not count as build time, because the other builders lack it."""

VERSIONS = ("nuitka", "pyinstaller", "pyinstaller-hooks-contrib", "tensorflow-cpu", "tensorflow", "keras")
"""Distributions whose versions are reported."""


class BundledModule(DocumentPart):
    """A module of the application in an executable of PyInstaller."""

    name: str
    is_package: bool


class Build(DocumentPart):
    """The build of a variant.

    Attributes:
        variant: its key.
        date: of the build.
        versions: of the tools.
        seconds: build time without verification; None if nothing was built.
        stages: seconds of each stage.
        size: bytes of the delivered file or folder.
        files: the number of files.
        download: bytes if it is compressed.
        parity: for each sample, whether its output matches Python.
        path: the delivered file or folder.
        program: the executable.
        problem: why there is no program; empty if there is.
        modules: the application's modules, if PyInstaller built it.
        corpus: the comparison over a corpus; None if it was not run.
    """

    variant: str
    date: str
    versions: dict[str, str]
    seconds: float | None = None
    stages: dict[str, float] = Field(default_factory=dict)
    size: int = 0
    files: int = 0
    download: int | None = None
    parity: tuple[ComparedCase, ...] = ()
    path: str = ""
    program: str = ""
    problem: str = ""
    modules: tuple[BundledModule, ...] = ()
    corpus: ComparedCases | None = None


def run_build(variant: Variant, request: Request, own: Path, listener: Listener, limit: float) -> Build:
    """Builds a variant in its folder. A failure is a result with a problem.

    Args:
        variant: the variant.
        request: the application.
        own: the folder of the variant.
        listener: observes the stages of the build.
        limit: minutes after which plain Nuitka is stopped.
    """
    folders = {"build-dir": str(own / "build"), "output-dir": str(own / "dist")}
    given = dataclasses.replace(request, given={**variant.settings(request.given), **folders})
    try:
        if variant.kind == "python":
            return _python(variant, given)
        if variant.kind == "pyinstaller":
            return _pyinstaller(variant, given, listener)
        if variant.kind == "nuitka":
            return _nuitka(variant, given, own, limit)
        return _tf2exe(variant, given, listener)
    except Tf2exeError as error:
        return _failed(variant, str(error))


def _failed(variant: Variant, problem: str) -> Build:
    return Build(variant=variant.key, problem=problem, date=_now(), versions=tool_versions())


def _python(variant: Variant, request: Request) -> Build:
    """Builds nothing. The size is that of the packages, part of which tf2exe bundles."""
    outcome = pipeline.build(dataclasses.replace(request, dry_run=True), SilentListener())
    plan = outcome.plan
    size = sum(c.size for c in plan.files) + sum(item.size for item in plan.excluded)
    size += sum(file.source.stat().st_size for file in plan.data)
    return Build(
        variant=variant.key,
        size=size,
        files=len(plan.files) + sum(item.files for item in plan.excluded) + len(plan.data),
        path=os.pathsep.join(sorted({str(chosen.base) for chosen in plan.distributions})),
        program=sys.executable,
        date=_now(),
        versions=tool_versions(),
    )


def _pyinstaller(variant: Variant, request: Request, listener: Listener) -> Build:
    built = build_baseline(request, listener, tuned=variant.tuned)
    parity = [
        ComparedCase(sample=c.sample, same=c.same, difference=str(c.difference) if c.difference else "")
        for c in built.comparisons
    ]
    modules = [BundledModule(name=module.name, is_package=module.is_package) for module in built.modules]
    seconds = built.seconds["pyinstaller"]
    return _delivered(
        variant, built.path, built.program, seconds, built.seconds, parity=parity, modules=modules
    )


def _tf2exe(variant: Variant, request: Request, listener: Listener) -> Build:
    outcome = pipeline.build(request, listener)
    if outcome.package is None or outcome.program is None:
        return _failed(variant, "nothing was built")
    comparisons = outcome.parity.comparisons if outcome.parity else ()
    parity = [ComparedCase(sample=c.sample, same=c.same, difference="") for c in comparisons]
    seconds = sum(value for stage, value in outcome.seconds.items() if stage != NOT_COUNTED)
    return _delivered(variant, outcome.package.path, outcome.program, seconds, outcome.seconds, parity=parity)


def _nuitka(variant: Variant, request: Request, own: Path, limit: float) -> Build:
    application = load_application(request.config, request.given, request.folder)
    seconds, program, problem = nuitka.build(application, own, minutes=limit)
    if problem:
        return _failed(variant, problem)
    return _delivered(variant, program.parent, program, seconds, {"nuitka": seconds})


def _delivered(
    variant: Variant,
    path: Path,
    program: Path,
    seconds: float,
    stages: dict[str, float],
    *,
    parity: Iterable[ComparedCase] = (),
    modules: Iterable[BundledModule] = (),
) -> Build:
    size, files = count_bytes_and_files(path)
    return Build(
        variant=variant.key,
        seconds=seconds,
        stages={stage: round(value, 2) for stage, value in stages.items()},
        size=size,
        files=files,
        download=compressed_size(path),
        parity=tuple(parity),
        path=str(path),
        program=str(program),
        date=_now(),
        versions=tool_versions(),
        modules=tuple(modules),
    )


def tool_versions() -> dict[str, str]:
    """The versions of tf2exe and of the installed tools, by their names."""
    found = {"tf2exe": __version__}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
