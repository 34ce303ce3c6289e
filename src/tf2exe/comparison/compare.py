"""Builds what is missing, measures, and writes what was found: JSON, Markdown, a page."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tf2exe import config, corpus
from tf2exe.application import Sample
from tf2exe.comparison import tables
from tf2exe.comparison.builds import build_row
from tf2exe.comparison.measure import Bench, Effort, Load
from tf2exe.comparison.page import page, require
from tf2exe.comparison.programs import program_of
from tf2exe.comparison.record import document
from tf2exe.errors import ConfigurationError
from tf2exe.samples import read_sample
from tf2exe.settings import SampleTable
from tf2exe.sizes import weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tf2exe.application import Application
    from tf2exe.comparison.making import Build
    from tf2exe.comparison.record import Document
    from tf2exe.comparison.rows import Row
    from tf2exe.pipeline import Request
    from tf2exe.progress import Listener

SIZED = "tf2exe-onefile"
"""Whose megabytes the page shows."""


@dataclass(frozen=True)
class Task:
    """What is to be compared.

    Attributes:
        request: the application.
        rows: in which forms.
        effort: how often each is measured.
        anew: build also what is there.
        measure: False: build only.
        limit: minutes for plain Nuitka.
        command: as the report names it.
        corpus: a folder of cases that each program is tried with; None: only the samples.
    """

    request: Request
    rows: Sequence[Row]
    effort: Effort
    anew: bool
    measure: bool
    limit: float
    command: str
    corpus: Path | None = None


@dataclass(frozen=True)
class Result:
    """What came out.

    Attributes:
        document: everything; None when nothing was measured.
        files: that were written.
        builds: of the rows, in order.
    """

    document: Document | None
    files: tuple[Path, ...]
    builds: tuple[Build, ...]


def compare(task: Task, listener: Listener, say: Callable[[str], None]) -> Result:
    """Builds, measures and writes.

    Args:
        task: what is compared.
        listener: observes the stages of builds.
        say: called with what is done now.

    Raises:
        ConfigurationError: there is nothing to start.
        MachineError: something that a row needs is not installed.
    """
    require()
    application = config.load(task.request.config, task.request.given, task.request.folder)
    if not application.samples:
        raise ConfigurationError(
            "nothing to compare",
            "no sample is given",
            "give a command line of the program: --sample 'ARGUMENTS'",
        )
    folder = application.build / "compare"
    cases = corpus.read(task.corpus.resolve(), []) if task.corpus else None
    builds = [
        build_row(
            row, task.request, folder, listener, say=say, anew=task.anew, limit=task.limit, corpus=cases
        )
        for row in task.rows
    ]
    if not task.measure:
        return Result(None, (), tuple(builds))
    programs = {
        row.key: program_of(row, built, application, folder)
        for row, built in zip(task.rows, builds, strict=True)
        if not built.problem
    }
    loads = loads_of(application)
    bench = Bench(
        programs, application.samples[0], folder / "measure", lambda text: say(f"measuring: {text}")
    )
    bench.measure(loads, task.effort)
    found = document(
        application.name,
        [(row, built, bench.found.get(row.key)) for row, built in zip(task.rows, builds, strict=True)],
        command=task.command,
        samples={"start": application.samples[0].name, **{load.name: load.sample.name for load in loads}},
        cold=bench.cold,
        effort=dataclasses.asdict(task.effort),
        reach={str(figure): ratio for figure, ratio in application.settings.compare.reach.items()},
    )
    return Result(found, _write(found, folder), tuple(builds))


def loads_of(application: Application) -> list[Load]:
    """The command lines that keep the program busy, their inputs given as often as the settings say."""
    loads = []
    for table in application.settings.compare.loads:
        once = read_sample(SampleTable(name=table.name, arguments=table.arguments), application.project)
        names = [name for _, name in once.inputs]
        # Each where it stands: behind options argparse takes no further ones.
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


def _write(found: Document, folder: Path) -> tuple[Path, ...]:
    written = {
        "comparison.json": json.dumps(found, indent=1) + "\n",
        "comparison.md": tables.markdown(found),
        "comparison.html": page(f"{found['name']}: beside PyInstaller", found, _sizes(found, folder)),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in written)


def _sizes(found: Document, folder: Path) -> Any:  # noqa: ANN401 - Sizes, or None
    """What the megabytes of tf2exe's onefile are, or those of another row of tf2exe."""
    keys = [SIZED, *(row["key"] for row in found["rows"] if row["kind"] == "tf2exe")]
    for key in keys:
        build = folder / key / "build" / found["name"]
        if (build / "plan.json").is_file() and (build / "manifest.json").is_file():
            plan = json.loads((build / "plan.json").read_text(encoding="utf-8"))
            manifest = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
            return weigh(plan, manifest)
    return None
