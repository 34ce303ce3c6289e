"""Runs the program of a variant over a corpus of cases, and compares its output with Python."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.analysis.modules import Module
from tf2exe.baseline.comparator import BaselineComparator
from tf2exe.comparison.comparison_json import ComparedCase, ComparedCases
from tf2exe.config.stage import load_application
from tf2exe.convert.stage import convert_models, has_models_to_convert
from tf2exe.verify.corpus_run import verify_corpus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tf2exe.comparison.build_runner import Build
    from tf2exe.comparison.configurations import Variant
    from tf2exe.config.application import Application
    from tf2exe.config.request import Request
    from tf2exe.samples.corpus import Corpus
    from tf2exe.verify.corpus_run import CaseResult
    from tf2exe.verify.sides import Comparator

MAX_JOBS = 4
CASES_PER_LINE = 50
MAX_DIFFERENCES = 20
"""The number of differences that are kept in full; the others are counted."""


def run_corpus(
    variant: Variant, built: Build, request: Request, corpus: Corpus, own: Path, *, say: Callable[[str], None]
) -> Build:
    """Adds the comparison over a corpus to a build; unchanged if nothing was built.

    Args:
        variant: the variant.
        built: its build.
        request: the application.
        corpus: the cases.
        own: the folder of the variant.
        say: called with lines of progress.

    Raises:
        SampleError: a case fails in Python.
    """
    if variant.kind == "python" or built.problem:
        return built
    folders = {"build-dir": str(own / "build"), "output-dir": str(own / "dist")}
    application = load_application(
        request.config, {**variant.settings(request.given), **folders}, request.folder
    )
    models = None
    if has_models_to_convert(application):
        log = own / "corpus.log"
        log.touch()
        converted = convert_models(application, log=log, on_step=lambda _: None)
        models = converted.folder if converted else None
    done: list[CaseResult] = []

    def show_progress(case: CaseResult) -> None:
        done.append(case)
        if len(done) % CASES_PER_LINE == 0:
            different = sum(not result.comparison.same for result in done)
            say(f"{variant.title}: {len(done)} of {len(corpus.cases)} cases, {different} differ")

    make_comparator = (
        partial(_baseline_comparator, built, application, models) if variant.kind == "pyinstaller" else None
    )
    found = verify_corpus(
        application,
        Path(built.path),
        corpus,
        alone=False,
        jobs=min(MAX_JOBS, os.cpu_count() or 1),
        kept=own / "corpus",
        on_case=show_progress,
        models=models,
        make_comparator=make_comparator,
    )
    return built.model_copy(update={"corpus": _summarize(found.cases)})


def _baseline_comparator(
    built: Build, application: Application, models: Path | None, base: Path
) -> Comparator:
    modules = [Module(module.name, Path(), module.is_package, (), ()) for module in built.modules]
    return BaselineComparator(application, modules, Path(built.program), base, models)


def _summarize(results: Sequence[CaseResult]) -> ComparedCases:
    different = [result.comparison for result in results if not result.comparison.same]
    return ComparedCases(
        cases=len(results),
        same=len(results) - len(different),
        differences=tuple(
            ComparedCase(sample=comparison.sample, difference=str(comparison))
            for comparison in different[:MAX_DIFFERENCES]
        ),
    )
