"""Stage *report*: writes `report.json` for other programs."""

from __future__ import annotations

import platform
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from tf2exe import __version__
from tf2exe.config.settings import VersionInfo
from tf2exe.native.shared_libraries import minimum_glibc
from tf2exe.package.manifest import Models
from tf2exe.system.document import Document, DocumentPart

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.assemble.layer_record import Layer
    from tf2exe.compile.compilers import Toolchain
    from tf2exe.compile.stage import CompiledApplication
    from tf2exe.config.application import Application
    from tf2exe.package.stage import Package
    from tf2exe.plan.stage import BuildPlan
    from tf2exe.verify.stage import Parity

FILE = "report.json"


class UsedCompiler(DocumentPart):
    """The C compiler, and why it was chosen."""

    name: str
    reason: str


class UsedSetting(DocumentPart):
    """A setting, as text, and where it comes from."""

    key: str
    value: str
    origin: str


class SampleResult(DocumentPart):
    """A sample in Python and in the executable; `masked`: which run-to-run differences were ignored."""

    name: str
    same: bool
    masked: tuple[str, ...]
    python_seconds: float
    executable_seconds: float


class ParityResult(DocumentPart):
    """The comparison with Python."""

    same: bool
    samples: tuple[SampleResult, ...]


class Report(Document):
    """What was built, and how.

    Attributes:
        format: the number of this format; before 2 `minimum_glibc` was `needs_glibc`, `reused_layer`
            `carried_reused` and `unmatched_patches` `unmatched_replacements`.
        name: of the program.
        entry: the script, package or function that is the program.
        date: when it was built.
        executable: its path.
        mode: `standalone` or `onefile`.
        runtime: what computes the models.
        models: the models as the runtime computes them; null: the application's own.
        target: the system and processor that it runs on.
        size: bytes of the onefile, or of all files of the folder.
        files: how many files it contains.
        sha256: of the onefile, or of `manifest.json`.
        minimum_glibc: the oldest glibc that it runs with; empty: it needs none.
        seconds: of each stage.
        versions: of what built it, and of the bundled distributions.
        compiler: the C compiler, and why it was chosen.
        compiled: the modules that were compiled to C.
        reused_layer: whether the bundled files were laid out by an earlier build.
        unmatched_patches: bundled files that lack the text that a patch replaces.
        settings: all of them, and where each value comes from.
        version_info: the file's properties.
        parity: the comparison with Python, `masked`: which run-to-run differences were ignored; null: nothing
            was compared.
    """

    format: Literal[2] = 2
    name: str
    entry: str
    date: str
    executable: str
    mode: str
    runtime: str
    models: Models | None
    target: str
    size: int
    files: int
    sha256: str
    minimum_glibc: str
    seconds: dict[str, float]
    versions: dict[str, str]
    compiler: UsedCompiler
    compiled: tuple[str, ...]
    reused_layer: bool
    unmatched_patches: tuple[str, ...]
    settings: tuple[UsedSetting, ...]
    version_info: VersionInfo
    parity: ParityResult | None


def write_report(
    application: Application,
    plan: BuildPlan,
    package: Package,
    *,
    models: Models | None,
    parity: Parity | None,
    toolchain: Toolchain,
    layer: Layer,
    compiled: CompiledApplication,
    seconds: Callable[[], dict[str, float]],
) -> Report:
    """Writes `report.json` into the build folder; the path of the package is the final one."""
    glibc = _minimum_glibc(application, compiled, layer)
    found = Report(
        name=application.name,
        entry=application.entry.target,
        date=time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        executable=str(package.path),
        mode=package.mode,
        runtime=application.settings.runtime,
        models=models,
        target=application.target.name,
        size=package.size,
        files=len(package.files),
        sha256=package.sha256,
        minimum_glibc=glibc,
        seconds={stage: round(value, 2) for stage, value in seconds().items()},
        versions={
            "tf2exe": __version__,
            "python": platform.python_version(),
            "nuitka": version("nuitka"),
            **{d.name: d.version for d in plan.distributions},
        },
        compiler=UsedCompiler(name=toolchain.name, reason=toolchain.reason),
        compiled=compiled.modules,
        reused_layer=layer.reused,
        unmatched_patches=layer.unmatched,
        settings=tuple(UsedSetting(**vars(origin)) for origin in application.origins),
        version_info=application.settings.version_info,
        parity=_parity(parity),
    )
    found.write(application.build / FILE)
    return found


def _minimum_glibc(application: Application, compiled: CompiledApplication, layer: Layer) -> str:
    single = compiled.launcher.with_name(application.target.executable_name("onefile"))
    starts = [compiled.launcher, *([single] if application.settings.mode == "onefile" else [])]
    own = minimum_glibc([*starts, *filter(None, [compiled.library, compiled.module])])
    found = (own, layer.minimum_glibc)
    return max(found, key=lambda version: [int(part) for part in version.split(".") if part])


def _parity(parity: Parity | None) -> ParityResult | None:
    if parity is None:
        return None
    rows = zip(parity.comparisons, parity.python_seconds, parity.executable_seconds, strict=True)
    return ParityResult(
        same=parity.same,
        samples=tuple(
            SampleResult(
                name=comparison.sample,
                same=comparison.same,
                masked=comparison.masked,
                python_seconds=round(python, 3),
                executable_seconds=round(ours, 3),
            )
            for comparison, python, ours in rows
        ),
    )
