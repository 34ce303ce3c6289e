"""Runs the program of a variant over a corpus of cases, and compares it with Python."""

from __future__ import annotations

import dataclasses
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf2exe.analysis.modules import Module
from tf2exe.baseline.answers import BaselineComparator
from tf2exe.config.stage import load_application
from tf2exe.convert import stage as convert_stage
from tf2exe.verify.corpus_run import verify_corpus

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.comparison.build_runner import Build
    from tf2exe.comparison.configurations import Variant
    from tf2exe.config.application import Application
    from tf2exe.config.request import Request
    from tf2exe.samples.corpus import Corpus
    from tf2exe.verify.corpus_run import CaseResult
    from tf2exe.verify.sides import Comparator

MOST_JOBS = 4
PER_LINE = 50
MOST_SHOWN = 20
"""The number of differences that are kept in full; the others are counted."""


def try_corpus(
    variant: Variant, built: Build, request: Request, corpus: Corpus, own: Path, *, say: Callable[[str], None]
) -> Build:
    """The build with the comparison of each case; unchanged if nothing was built.

    Raises:
        SampleError: a case fails in Python.
    """
    if variant.kind == "python" or built.problem:
        return built
    places = {"build-dir": str(own / "build"), "output-dir": str(own / "dist")}
    application = load_application(
        request.config, {**variant.settings(request.given), **places}, request.folder
    )
    models = None
    if convert_stage.needed(application):
        log = own / "corpus.log"
        log.touch()
        converted = convert_stage.convert(application, log=log, on_step=lambda _: None)
        models = converted.folder if converted else None
    done: list[CaseResult] = []

    def tell(case: CaseResult) -> None:
        done.append(case)
        if len(done) % PER_LINE == 0:
            different = sum(not v.comparison.same for v in done)
            say(f"{variant.title}: {len(done)} of {len(corpus.cases)} cases, {different} differ")

    make_comparator = (
        partial(_baseline_comparator, built, application, models) if variant.kind == "pyinstaller" else None
    )
    found = verify_corpus(
        application,
        Path(built.path),
        corpus,
        alone=False,
        jobs=min(MOST_JOBS, os.cpu_count() or 1),
        kept=own / "corpus",
        on_case=tell,
        models=models,
        make_comparator=make_comparator,
    )
    return dataclasses.replace(built, corpus=_summary(found.cases))


def _baseline_comparator(
    built: Build, application: Application, models: Path | None, base: Path
) -> Comparator:
    modules = [Module(m["name"], Path(), m["is_package"], (), ()) for m in built.modules]
    return BaselineComparator(application, modules, Path(built.program), base, models)


def _summary(verdicts: tuple[CaseResult, ...]) -> dict[str, Any]:
    different = [v.comparison for v in verdicts if not v.comparison.same]
    return {
        "cases": len(verdicts),
        "same": len(verdicts) - len(different),
        "differences": [
            {"sample": comparison.sample, "difference": str(comparison)}
            for comparison in different[:MOST_SHOWN]
        ],
    }
