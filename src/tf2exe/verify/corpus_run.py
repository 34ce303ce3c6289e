"""Runs the cases of a corpus in Python and in an executable, wherever it came from, and compares them."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.convert.built_models import with_models_of
from tf2exe.errors import SampleError
from tf2exe.verify.batch_output import part_of
from tf2exe.verify.compare import Comparison, Difference
from tf2exe.verify.isolation import bare_environment, clean_copy, find_program
from tf2exe.verify.opened_files import Witness, watch
from tf2exe.verify.sides import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tf2exe.config.application import Application
    from tf2exe.samples.corpus import Corpus, CorpusRun
    from tf2exe.samples.runner import RunResult


@dataclass(frozen=True)
class Verdict:
    """What was found for one case.

    Attributes:
        comparison: with the first difference.
        group: of the case.
        process: the name of the run that it was part of.
        exit_code: of the executable; None: it shared a process with others.
        seconds: whole-process time in Python and in the executable, shared by all cases of the process.
    """

    comparison: Comparison
    group: str
    process: str
    exit_code: int | None
    seconds: tuple[float, float]


@dataclass(frozen=True)
class CorpusParity:
    """What was found for all cases.

    Attributes:
        verdicts: in the order of the corpus.
        processes: how many the executable needed.
        witness: whether the executable looked at anything of Python's.
    """

    verdicts: tuple[Verdict, ...]
    processes: int
    witness: Witness

    @property
    def same(self) -> bool:
        """Whether all cases are answered alike, without a look at Python."""
        return all(verdict.comparison.same for verdict in self.verdicts) and not self.witness.found


def verify_corpus(
    application: Application,
    executable: Path,
    corpus: Corpus,
    *,
    alone: bool,
    jobs: int,
    kept: Path | None,
    on_case: Callable[[Verdict], None],
    judge_in: Callable[[Path], Judge] | None = None,
) -> CorpusParity:
    """Compares an executable with the application that it was made from.

    Args:
        application: what is run in Python.
        executable: a single file; the folder of mode standalone, or the program in it.
        corpus: the cases.
        alone: give each case a process to itself.
        jobs: how many cases are run at a time.
        kept: a folder for what both sides said where they differ.
        on_case: is told each verdict as soon as it is there.
        judge_in: makes another judge than that of tf2exe's executables, for an empty folder.

    Raises:
        ConfigurationError: there is no executable, or the models that it computes are not at hand.
    """
    base = Path(tempfile.mkdtemp(prefix="tf2exe-verify-"))
    try:
        runs = tuple(corpus.runs(alone=alone))
        judge = judge_in(base) if judge_in else _ready(_judge_in(base, application, executable), runs)
        found: dict[str, Verdict] = {}
        with ThreadPoolExecutor(jobs) as pool:
            waiting = [
                pool.submit(_judge_run, judge, run, base / f"run-{number}", kept)
                for number, run in enumerate(runs)
            ]
            try:
                for done in as_completed(waiting):
                    for verdict in done.result():
                        found[verdict.comparison.sample] = verdict
                        on_case(verdict)
            except BaseException:
                judge.cancellation.cancel()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return CorpusParity(_in_order(found, corpus), len(runs), _watch(judge, runs, found))
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _judge_in(base: Path, application: Application, executable: Path) -> Judge:
    built, name = find_program(executable)
    return Judge(application, clean_copy(built, base / "clean", name), base, bare_environment(base))


def _ready(judge: Judge, runs: tuple[CorpusRun, ...]) -> Judge:
    """With the models that the executable computes; a single file must have unpacked to say which."""
    if runs and not (judge.root() / layout.BUILD_INFO).is_file():
        with suppress(SampleError):
            judge.run_executable(runs[0].sample, judge.base / "unpacking")
    application = with_models_of(judge.application, judge.root())
    return Judge(application, judge.program, judge.base, judge.environment)


def _in_order(found: dict[str, Verdict], corpus: Corpus) -> tuple[Verdict, ...]:
    names = [case.sample.name for case in corpus.cases]
    return tuple(found[name] for name in [*names, *sorted(found.keys() - set(names))])


def _judge_run(judge: Judge, run: CorpusRun, folder: Path, kept: Path | None) -> list[Verdict]:
    """The verdicts on one process: one for each of its cases, and one on all where no case tells."""
    answers: list[RunResult] = []

    def python() -> RunResult:
        answers.append(judge.run_python(run.sample, folder / f"python-{len(answers)}"))
        return answers[-1]

    try:
        first = python()
        ours = judge.run_executable(run.sample, folder / "executable")
        whole = judge.compare([first], ours, python)
        if not whole.same:
            whole = judge.compare([*answers, python()] if len(answers) == 1 else answers, ours, python)
        comparisons = (
            [whole] if whole.same or len(run.cases) == 1 else _apart(judge, run, answers, ours, whole)
        )
    except SampleError as error:
        nothing = Difference("the run", 0, "an answer" if answers else str(error), str(error))
        return _verdicts(run, [Comparison(run.sample.name, nothing, (), unstable=not answers)], None)
    if kept is not None:
        for comparison in comparisons:
            if not comparison.same:
                _keep(kept / comparison.sample.replace("/", "_")[:200], answers, ours)
    shutil.rmtree(folder, ignore_errors=True)
    return _verdicts(run, comparisons, (first, ours))


def _apart(
    judge: Judge, run: CorpusRun, answers: list[RunResult], ours: RunResult, whole: Comparison
) -> list[Comparison]:
    """Each of the joined cases by itself; what belongs to none is a difference of all together."""
    apart = []
    for position in range(len(run.cases)):
        theirs = [part_of(answer, run.cases, position) for answer in answers]
        own = part_of(ours, run.cases, position)
        apart.append(judge.compare(theirs, own, partial(theirs.__getitem__, -1)))
    return apart if any(not comparison.same for comparison in apart) else [*apart, whole]


def _verdicts(
    run: CorpusRun, comparisons: list[Comparison], answers: tuple[RunResult, RunResult] | None
) -> list[Verdict]:
    alone = len(run.cases) == 1
    groups = {case.sample.name: case.group for case in run.cases}
    if len(comparisons) == 1:
        comparisons = [replace(comparisons[0], sample=case.sample.name) for case in run.cases]
    seconds = (answers[0].seconds, answers[1].seconds) if answers else (0.0, 0.0)
    return [
        Verdict(
            comparison,
            groups.get(comparison.sample, "joined"),
            run.sample.name,
            answers[1].exit_code if alone and answers else None,
            seconds,
        )
        for comparison in comparisons
    ]


def _keep(folder: Path, answers: Iterable[RunResult], ours: RunResult) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sides = [(f"python-{number}", answer) for number, answer in enumerate(answers, start=1)]
    for name, answer in (*sides, ("executable", ours)):
        (folder / f"{name}.stdout").write_bytes(answer.stdout)
        (folder / f"{name}.stderr").write_bytes(answer.stderr)


def _watch(judge: Judge, runs: tuple[CorpusRun, ...], found: dict[str, Verdict]) -> Witness:
    """Runs the case that took longest once more, and looks at what the executable opens."""
    slowest = max(runs, key=lambda run: found[run.cases[0].sample.name].seconds[1] / len(run.cases))
    return watch(judge, slowest.sample)
