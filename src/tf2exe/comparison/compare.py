"""Builds the missing variants, measures all, and writes the results: JSON, Markdown, a page."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.comparison import tables
from tf2exe.comparison.builds import build_variant
from tf2exe.comparison.comparison_json import FILE
from tf2exe.comparison.measure import Bench, Load
from tf2exe.comparison.page import render_page, require_packages
from tf2exe.comparison.programs import program_of
from tf2exe.comparison.record import make_document
from tf2exe.config.application import Sample
from tf2exe.config.samples import read_sample
from tf2exe.config.settings import SampleTable
from tf2exe.config.stage import load_application
from tf2exe.errors import ConfigurationError
from tf2exe.package import manifest
from tf2exe.package.manifest import Manifest
from tf2exe.plan import plan_json
from tf2exe.plan.plan_json import PlanDocument
from tf2exe.report.sizes import measure_sizes
from tf2exe.samples import corpus
from tf2exe.system.document import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tf2exe.comparison.build_runner import Build
    from tf2exe.comparison.comparison_json import ComparisonDocument, Effort
    from tf2exe.comparison.configurations import Variant
    from tf2exe.config.application import Application
    from tf2exe.config.request import Request
    from tf2exe.report.sizes import Sizes
    from tf2exe.system.progress import Listener

SIZED = "tf2exe-onefile"
"""The variant whose size breakdown the page shows."""


@dataclass(frozen=True)
class Task:
    """The parameters of a comparison.

    Attributes:
        request: the application.
        variants: the variants.
        effort: the number of runs.
        rebuild: rebuild existing variants, too.
        measure: False: build only.
        limit: minutes for plain Nuitka.
        command: the command line, for the report.
        corpus: a folder of cases that each program runs; None: only the samples.
    """

    request: Request
    variants: Sequence[Variant]
    effort: Effort
    rebuild: bool
    measure: bool
    limit: float
    command: str
    corpus: Path | None = None


@dataclass(frozen=True)
class Result:
    """The result of a comparison.

    Attributes:
        document: all figures; None if nothing was measured.
        files: the written files.
        builds: one for each variant, in order.
    """

    document: ComparisonDocument | None
    files: tuple[Path, ...]
    builds: tuple[Build, ...]


def compare(task: Task, listener: Listener, say: Callable[[str], None]) -> Result:
    """Builds, measures and writes.

    Args:
        task: the parameters.
        listener: observes the stages of builds.
        say: called with lines of progress.

    Raises:
        ConfigurationError: the application has no sample.
        MachineError: a package that a variant needs is not installed.
    """
    require_packages()
    application = load_application(task.request.config, task.request.given, task.request.folder)
    if not application.samples:
        raise ConfigurationError(
            "nothing to compare",
            "no sample is given",
            "give --sample 'ARGUMENTS'",
        )
    folder = application.build / "compare"
    cases = corpus.read_corpus(task.corpus.resolve(), []) if task.corpus else None
    builds = [
        build_variant(
            variant,
            task.request,
            folder,
            listener,
            say=say,
            rebuild=task.rebuild,
            limit=task.limit,
            corpus=cases,
        )
        for variant in task.variants
    ]
    if not task.measure:
        return Result(None, (), tuple(builds))
    programs = {
        variant.key: program_of(variant, built, application, folder)
        for variant, built in zip(task.variants, builds, strict=True)
        if not built.problem
    }
    loads = read_loads(application)
    bench = Bench(
        programs, application.samples[0], folder / "measure", lambda text: say(f"measuring: {text}")
    )
    bench.measure(loads, task.effort)
    found = make_document(
        application.name,
        [
            (variant, built, bench.found.get(variant.key))
            for variant, built in zip(task.variants, builds, strict=True)
        ],
        command=task.command,
        samples={"start": application.samples[0].name, **{load.name: load.sample.name for load in loads}},
        cold=bench.cold,
        effort=task.effort,
        reach={str(figure): ratio for figure, ratio in application.settings.compare.reach.items()},
    )
    return Result(found, _write(found, folder), tuple(builds))


def read_loads(application: Application) -> list[Load]:
    """The command lines for throughput runs, with their inputs repeated as the settings say."""
    loads = []
    for table in application.settings.compare.loads:
        once = read_sample(SampleTable(name=table.name, arguments=table.arguments), application.project)
        names = [name for _, name in once.inputs]
        # Each is repeated where it stands: argparse accepts no more of them after options.
        arguments = [
            argument
            for given in once.arguments
            for argument in [given] * (table.repeat if _is_input(given, names) else 1)
        ]
        loads.append(Load(table.name, Sample(table.name, tuple(arguments), None, once.inputs)))
    return loads


def _is_input(argument: str, names: Sequence[str]) -> bool:
    folder = f"{argument.rstrip('/')}/"
    return any(name == argument or name.startswith(folder) for name in names)


def _write(found: ComparisonDocument, folder: Path) -> tuple[Path, ...]:
    written = {
        FILE: found.text() + "\n",
        "comparison.md": tables.markdown(found),
        "comparison.html": render_page(
            f"{found.name}: compared with PyInstaller", found, _sizes(found, folder)
        ),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in written)


def _sizes(found: ComparisonDocument, folder: Path) -> Sizes | None:
    """The size breakdown of tf2exe's onefile, or of another variant of tf2exe."""
    keys = [SIZED, *(variant.key for variant in found.variants if variant.is_ours)]
    for key in keys:
        build = folder / key / "build" / found.name
        with suppress(OSError, DocumentError):  # not built, or built by an older version
            plan = PlanDocument.read(build / plan_json.FILE)
            return measure_sizes(plan, Manifest.read(build / manifest.FILE))
    return None
