"""Makes the document of a comparison from builds and measurements."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from tf2exe.comparison.comparison_json import (
    BuildTime,
    ComparisonDocument,
    DifferingCases,
    Parity,
    Ratio,
    Size,
    Spread,
    Starts,
    Throughput,
    VariantFigures,
)
from tf2exe.comparison.configurations import BASELINE
from tf2exe.comparison.machine import describe_machine
from tf2exe.comparison.startup import PHASES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tf2exe.comparison.build_runner import Build
    from tf2exe.comparison.comparison_json import Effort, Figure
    from tf2exe.comparison.configurations import Variant
    from tf2exe.comparison.measure import Measurements
    from tf2exe.comparison.startup import RunFigures

OURS = "tf2exe-onefile"

FIGURES: tuple[tuple[Figure, str, bool], ...] = (
    ("build", "onefile build time (without verification)", False),
    ("size", "onefile size", False),
    ("cold", "cold start to first prediction", False),
    ("warm", "warm start to first prediction", False),
    ("rate", "throughput", True),
)
"""Figures with their names, and whether more is better."""


def make_document(
    name: str,
    variants: Sequence[tuple[Variant, Build, Measurements | None]],
    *,
    command: str,
    samples: dict[str, str],
    cold: str,
    effort: Effort,
    reach: Mapping[str, float],
) -> ComparisonDocument:
    """The figures of all variants, and the conditions of the measurements.

    Args:
        name: of the application.
        variants: each with its build, and its measurements if it could be built.
        command: the command line of the comparison.
        samples: the command lines that were run, by what they measure.
        cold: how the page cache was emptied before cold starts.
        effort: the number of runs.
        reach: the targets of the ratios, by figure.
    """
    entries = tuple(_figures(variant, built, measured) for variant, built, measured in variants)
    machine = describe_machine()
    # The targets are for Linux; figures under Wine are not compared with them.
    targets = {} if machine.wine else reach
    return ComparisonDocument(
        name=name,
        date=time.strftime("%Y-%m-%d"),
        command=command,
        machine=machine,
        versions=variants[-1][1].versions if variants else {},
        samples=samples,
        cold=cold,
        effort=effort,
        variants=entries,
        ratios=compute_ratios(entries, targets),
    )


def _figures(variant: Variant, built: Build, measured: Measurements | None) -> VariantFigures:
    return VariantFigures(
        key=variant.key,
        title=variant.title,
        kind=variant.kind,
        mode=variant.mode,
        problem=built.problem or (measured.problem if measured else ""),
        build=BuildTime(seconds=built.seconds, stages=built.stages, date=built.date),
        size=Size(bytes=built.size, files=built.files, download=built.download),
        parity=_parity(built),
        cold=_starts(measured.cold) if measured else None,
        warm=_starts(measured.warm) if measured else None,
        loads={name: _throughput(runs) for name, runs in measured.loads.items()} if measured else {},
    )


def _parity(built: Build) -> Parity:
    """The comparison over the corpus, if it was run; otherwise over the samples."""
    if built.corpus:
        return Parity(of="corpus", **dict(built.corpus))
    return Parity(
        of="samples",
        cases=len(built.parity),
        same=sum(case.same for case in built.parity),
        differences=tuple(case for case in built.parity if not case.same),
    )


def _starts(runs: list[RunFigures]) -> Starts | None:
    process = summarize([run.seconds for run in runs])
    prediction = summarize([run.to_prediction for run in runs])
    if process is None or prediction is None:
        return None
    phases = {}
    for phase, _ in PHASES:
        spread = summarize([run.phases[phase] for run in runs if phase in run.phases])
        if spread:
            phases[phase] = spread
    return Starts(
        process=process,
        prediction=prediction,
        phases=phases if len(phases) == len(PHASES) else None,
        memory=_known(runs, lambda run: run.memory),
        written=_known(runs, lambda run: run.written),
        processor=_known(runs, lambda run: run.processor),
    )


def _throughput(runs: list[RunFigures]) -> Throughput:
    rates = tuple(run.rate for run in runs if run.rate is not None)
    return Throughput(
        rate=summarize(rates),
        rates=rates,
        process=summarize([run.seconds for run in runs]),
        memory=_known(runs, lambda run: run.memory),
    )


def _known(runs: list[RunFigures], value: Callable[[RunFigures], float | None]) -> Spread | None:
    return summarize([known for run in runs if (known := value(run)) is not None])


def summarize(values: Sequence[float]) -> Spread | None:
    """The median with its spread; None without values."""
    if not values:
        return None
    return Spread(median=statistics.median(values), low=min(values), high=max(values), runs=len(values))


def compute_ratios(
    variants: Sequence[VariantFigures], reach: Mapping[str, float]
) -> tuple[Ratio | DifferingCases, ...]:
    """tf2exe's onefile divided by PyInstaller's tuned onefile; empty if one of them is missing."""
    by_key = {variant.key: variant for variant in variants if not variant.problem}
    ours, theirs = by_key.get(OURS), by_key.get(BASELINE)
    if ours is None or theirs is None:
        return ()
    found: list[Ratio | DifferingCases] = []
    for figure, title, more in FIGURES:
        for name, left, right, each in _pairs(figure, ours, theirs):
            ratio, wanted = statistics.median(each), reach.get(figure)
            found.append(
                Ratio(
                    figure=f"{title}{f', {name}' if name else ''}",
                    kind=figure,
                    ours=left,
                    theirs=right,
                    ratio=ratio,
                    low=min(each),
                    high=max(each),
                    wanted=wanted,
                    reached=None if wanted is None else ratio >= wanted if more else ratio <= wanted,
                    more_is_better=more,
                )
            )
    return (*found, *_differing_cases(ours.parity, theirs.parity))


def _differing_cases(ours: Parity, theirs: Parity) -> list[DifferingCases]:
    if ours.of != "corpus":
        return []
    different = ours.cases - ours.same
    their_different = theirs.cases - theirs.same if theirs.of == "corpus" else None
    return [DifferingCases(cases=ours.cases, ours=different, theirs=their_different, reached=different == 0)]


def _pairs(
    figure: Figure, ours: VariantFigures, theirs: VariantFigures
) -> list[tuple[str, float, float, list[float]]]:
    """The name of the load, both values, and their ratios: for throughput one of each round."""
    if figure == "rate":
        found = []
        for name, load in ours.loads.items():
            other = theirs.loads.get(name)
            if load.rate and other and other.rate:
                each = [left / right for left, right in zip(load.rates, other.rates, strict=False)]
                found.append((name, load.rate.median, other.rate.median, each))
        return found
    left, right = (_value(figure, variant) for variant in (ours, theirs))
    return [("", left, right, [left / right])] if left and right else []


def _value(figure: Figure, variant: VariantFigures) -> float | None:
    if figure == "build":
        return variant.build.seconds
    if figure == "size":
        return float(variant.size.bytes)
    starts = variant.cold if figure == "cold" else variant.warm
    return starts.prediction.median if starts else None
