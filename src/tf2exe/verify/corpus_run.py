"""Runs the cases of a corpus in Python and in an executable, and compares the results."""

from __future__ import annotations

import io
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.convert.built_models import find_built_models
from tf2exe.errors import SampleError
from tf2exe.verify.compare import Comparison, Difference
from tf2exe.verify.isolation import copy_executable, find_program, minimal_environment
from tf2exe.verify.opened_files import OpenedFiles, check_opened_files
from tf2exe.verify.sides import Comparator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tf2exe.config.application import Application
    from tf2exe.samples.corpus import Case, Corpus, CorpusRun
    from tf2exe.samples.runner import RunResult


@dataclass(frozen=True)
class CaseResult:
    """The result of one case.

    Attributes:
        comparison: with the first difference.
        group: of the case.
        process: the name of the run that the case was part of.
        exit_code: of the executable; None: several cases shared the process.
        seconds: whole-process time in Python and in the executable, shared by all cases of the process.
    """

    comparison: Comparison
    group: str
    process: str
    exit_code: int | None
    seconds: tuple[float, float]


@dataclass(frozen=True)
class CorpusResult:
    """The result of all cases.

    Attributes:
        cases: in the order of the corpus.
        processes: how many the executable needed.
        opened_files: whether the executable opened files of Python.
    """

    cases: tuple[CaseResult, ...]
    processes: int
    opened_files: OpenedFiles

    @property
    def same(self) -> bool:
        """Whether all cases match, and the executable opened no file of Python."""
        return all(case.comparison.same for case in self.cases) and not self.opened_files.found


def verify_corpus(
    application: Application,
    executable: Path,
    corpus: Corpus,
    *,
    alone: bool,
    jobs: int,
    kept: Path | None,
    on_case: Callable[[CaseResult], None],
    models: Path | None = None,
    make_comparator: Callable[[Path], Comparator] | None = None,
) -> CorpusResult:
    """Compares an executable with the application that it was built from.

    Args:
        application: run in Python.
        executable: a onefile, a standalone folder, or the program in one.
        corpus: the cases.
        alone: run each case in a process of its own.
        jobs: the number of cases that run at a time.
        kept: a folder for both outputs of differing cases.
        on_case: called with each result as soon as it is known.
        models: the folder of converted models, for Python, if the executable does not name its own.
        make_comparator: for executables of another tool; it gets an empty folder.

    Raises:
        ConfigurationError: there is no executable, or its converted models were not found.
    """
    base = Path(tempfile.mkdtemp(prefix="tf2exe-verify-"))
    try:
        runs = tuple(corpus.runs(alone=alone))
        comparator = (
            make_comparator(base)
            if make_comparator
            else _with_built_models(_new_comparator(base, application, executable, models), runs)
        )
        found: dict[str, CaseResult] = {}
        with ThreadPoolExecutor(jobs) as pool:
            waiting = [
                pool.submit(_compare_run, comparator, run, base / f"run-{number}", kept)
                for number, run in enumerate(runs)
            ]
            try:
                for done in as_completed(waiting):
                    for result in done.result():
                        found[result.comparison.sample] = result
                        on_case(result)
            except BaseException:
                comparator.cancellation.cancel()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        opened = _check_slowest(comparator, runs, found)
        return CorpusResult(_in_order(found, corpus), len(runs), opened)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _new_comparator(
    base: Path, application: Application, executable: Path, models: Path | None
) -> Comparator:
    built, name = find_program(executable)
    program = copy_executable(built, base / "clean", name)
    return Comparator(application, program, base, minimal_environment(base), models)


def _with_built_models(comparator: Comparator, runs: tuple[CorpusRun, ...]) -> Comparator:
    """The same, with the models of the executable; a onefile names them only once it is unpacked."""
    if runs and not (comparator.root() / layout.BUILD_INFO).is_file():
        with suppress(SampleError):
            comparator.run_executable(runs[0].sample, comparator.base / "unpacking")
    models = find_built_models(comparator.application, comparator.root()) or comparator.models
    return Comparator(
        comparator.application, comparator.program, comparator.base, comparator.environment, models
    )


def _in_order(found: dict[str, CaseResult], corpus: Corpus) -> tuple[CaseResult, ...]:
    names = [case.sample.name for case in corpus.cases]
    return tuple(found[name] for name in [*names, *sorted(found.keys() - set(names))])


def _compare_run(comparator: Comparator, run: CorpusRun, folder: Path, kept: Path | None) -> list[CaseResult]:
    """The results of one process: one for each case, and one for the run if no case shows the difference."""
    python: list[RunResult] = []

    def run_python() -> RunResult:
        python.append(comparator.run_python(run.sample, folder / f"python-{len(python)}"))
        return python[-1]

    try:
        first = run_python()
        ours = comparator.run_executable(run.sample, folder / "executable")
        whole = comparator.compare([first], ours, run_python)
        if not whole.same:
            runs = [*python, run_python()] if len(python) == 1 else python
            whole = comparator.compare(runs, ours, run_python)
        is_single = whole.same or len(run.cases) == 1
        comparisons = [whole] if is_single else _compare_cases(comparator, run, python, ours, whole)
    except SampleError as error:
        failed = Difference("the run", 0, "an answer" if python else str(error), str(error))
        return _case_results(run, [Comparison(run.sample.name, failed, (), unstable=not python)], None)
    if kept is not None:
        for comparison in comparisons:
            if not comparison.same:
                _save_outputs(kept / comparison.sample.replace("/", "_")[:200], python, ours)
    shutil.rmtree(folder, ignore_errors=True)
    return _case_results(run, comparisons, (first, ours))


def _compare_cases(
    comparator: Comparator, run: CorpusRun, python: list[RunResult], ours: RunResult, whole: Comparison
) -> list[Comparison]:
    """Compares each case of a joined run; a difference of no case is one of the whole run."""
    found = []
    for position in range(len(run.cases)):
        theirs = [demultiplex(result, run.cases, position) for result in python]
        own = demultiplex(ours, run.cases, position)
        found.append(comparator.compare(theirs, own, partial(theirs.__getitem__, -1)))
    return found if any(not comparison.same for comparison in found) else [*found, whole]


def demultiplex(result: RunResult, cases: tuple[Case, ...], position: int) -> RunResult:
    """The part of a joined run's result that belongs to one case: its line, and messages that name it."""
    lines = io.BytesIO(result.stdout).readlines()
    argument = cases[position].sample.arguments[-1].encode("utf-8", "surrogateescape")
    messages = [line for line in io.BytesIO(result.stderr) if argument in line]
    return replace(
        result,
        sample=cases[position].sample.name,
        exit_code=0,
        stdout=lines[position] if position < len(lines) else b"",
        stderr=b"".join(messages),
        files=(),
    )


def _case_results(
    run: CorpusRun, comparisons: list[Comparison], results: tuple[RunResult, RunResult] | None
) -> list[CaseResult]:
    alone = len(run.cases) == 1
    groups = {case.sample.name: case.group for case in run.cases}
    if len(comparisons) == 1:
        comparisons = [replace(comparisons[0], sample=case.sample.name) for case in run.cases]
    seconds = (results[0].seconds, results[1].seconds) if results else (0.0, 0.0)
    return [
        CaseResult(
            comparison,
            groups.get(comparison.sample, "joined"),
            run.sample.name,
            results[1].exit_code if alone and results else None,
            seconds,
        )
        for comparison in comparisons
    ]


def _save_outputs(folder: Path, python: Iterable[RunResult], ours: RunResult) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sides = [(f"python-{number}", result) for number, result in enumerate(python, start=1)]
    for name, result in (*sides, ("executable", ours)):
        (folder / f"{name}.stdout").write_bytes(result.stdout)
        (folder / f"{name}.stderr").write_bytes(result.stderr)


def _check_slowest(
    comparator: Comparator, runs: tuple[CorpusRun, ...], found: dict[str, CaseResult]
) -> OpenedFiles:
    """Runs the case that took longest once more, and checks the files that the executable opens."""
    slowest = max(runs, key=lambda run: found[run.cases[0].sample.name].seconds[1] / len(run.cases))
    return check_opened_files(comparator, slowest.sample)
