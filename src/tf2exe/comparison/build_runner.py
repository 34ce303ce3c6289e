"""Builds each kind of variant."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any

from tf2exe import __version__, pipeline
from tf2exe.baseline.build import build_baseline, size_and_files
from tf2exe.comparison import nuitka
from tf2exe.comparison.download import compressed_size
from tf2exe.config.stage import load_application
from tf2exe.errors import Tf2exeError
from tf2exe.system.progress import SilentListener

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.comparison.configurations import Variant
    from tf2exe.config.request import Request
    from tf2exe.system.progress import Listener

APART = "verify"
"""The stage that does not count as build time, because no other builder has it."""

VERSIONS = ("nuitka", "pyinstaller", "pyinstaller-hooks-contrib", "tensorflow-cpu", "tensorflow", "keras")
"""Distributions that the report names."""


@dataclasses.dataclass(frozen=True)
class Build:
    """The build of a variant.

    Attributes:
        variant: its key.
        seconds: build time without verification; None: nothing is built.
        stages: seconds of each stage.
        size: bytes of the delivered file or folder.
        files: their number.
        download: its bytes when it is compressed.
        parity: for each sample, whether its output matches Python, with the difference.
        modules: names of the application's modules, if PyInstaller built it.
        path: the delivered file or folder.
        program: the executable.
        problem: why there is no program.
        date: when it was built.
        versions: of the tools that built it.
        corpus: the comparison over a corpus: the number of cases, and those that differ; None: not run.
    """

    variant: str
    seconds: float | None
    stages: dict[str, float]
    size: int
    files: int
    download: int | None
    parity: list[dict[str, Any]]
    path: str
    program: str
    problem: str
    date: str
    versions: dict[str, str]
    modules: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    corpus: dict[str, Any] | None = None


def make(variant: Variant, request: Request, own: Path, listener: Listener, limit: float) -> Build:
    """Builds a variant in its folder; a failure is a result, too."""
    places = {"build-dir": str(own / "build"), "output-dir": str(own / "dist")}
    asked = dataclasses.replace(request, given={**variant.settings(request.given), **places})
    try:
        if variant.kind == "python":
            return _python(variant, asked)
        if variant.kind == "pyinstaller":
            return _pyinstaller(variant, asked, listener)
        if variant.kind == "nuitka":
            return _nuitka(variant, asked, own, limit)
        return _tf2exe(variant, asked, listener)
    except Tf2exeError as error:
        return _failed(variant, str(error))


def _failed(variant: Variant, problem: str) -> Build:
    return Build(variant.key, None, {}, 0, 0, None, [], "", "", problem, _now(), versions())


def _python(variant: Variant, request: Request) -> Build:
    """Nothing is built; the size is that of the packages, part of which tf2exe bundles."""
    outcome = pipeline.build(dataclasses.replace(request, dry_run=True), SilentListener())
    plan = outcome.plan
    size = sum(c.size for c in plan.files) + sum(item.size for item in plan.excluded)
    size += sum(file.source.stat().st_size for file in plan.data)
    files = len(plan.files) + sum(item.files for item in plan.excluded) + len(plan.data)
    bases = sorted({str(chosen.base) for chosen in plan.distributions})
    return Build(
        variant.key,
        None,
        {},
        size,
        files,
        None,
        [],
        os.pathsep.join(bases),
        sys.executable,
        "",
        _now(),
        versions(),
    )


def _pyinstaller(variant: Variant, request: Request, listener: Listener) -> Build:
    built = build_baseline(request, listener, tuned=variant.tuned)
    parity = [
        {"sample": c.sample, "same": c.same, "difference": str(c.difference) if c.difference else ""}
        for c in built.comparisons
    ]
    seconds = built.seconds["pyinstaller"]
    modules = [{"name": module.name, "is_package": module.is_package} for module in built.modules]
    found = _delivered(variant, (built.path, built.program), seconds, built.seconds, parity)
    return dataclasses.replace(found, modules=modules)


def _tf2exe(variant: Variant, request: Request, listener: Listener) -> Build:
    outcome = pipeline.build(request, listener)
    if outcome.package is None or outcome.program is None:
        return _failed(variant, "nothing was built")
    comparisons = outcome.parity.comparisons if outcome.parity else ()
    parity = [{"sample": c.sample, "same": c.same, "difference": ""} for c in comparisons]
    seconds = sum(value for stage, value in outcome.seconds.items() if stage != APART)
    return _delivered(variant, (outcome.package.path, outcome.program), seconds, outcome.seconds, parity)


def _nuitka(variant: Variant, request: Request, own: Path, limit: float) -> Build:
    application = load_application(request.config, request.given, request.folder)
    seconds, program, problem = nuitka.build(application, own, minutes=limit)
    if problem:
        return _failed(variant, problem)
    return _delivered(variant, (program.parent, program), seconds, {"nuitka": seconds}, [])


def _delivered(
    variant: Variant,
    place: tuple[Path, Path],
    seconds: float,
    stages: dict[str, float],
    parity: list[dict[str, Any]],
) -> Build:
    path, program = place
    size, files = size_and_files(path)
    return Build(
        variant=variant.key,
        seconds=seconds,
        stages={stage: round(value, 2) for stage, value in stages.items()},
        size=size,
        files=files,
        download=compressed_size(path),
        parity=parity,
        path=str(path),
        program=str(program),
        problem="",
        date=_now(),
        versions=versions(),
    )


def versions() -> dict[str, str]:
    """Versions of the tools."""
    found = {"tf2exe": __version__}
    for name in VERSIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
