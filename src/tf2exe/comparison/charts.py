"""The charts of the page: bars with their widths, colours and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.comparison import tables
from tf2exe.comparison.startup import PHASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.comparison.comparison_json import ComparisonDocument, Starts, VariantFigures

PHASE_NAMES = {
    "launcher": "launcher and interpreter",
    "imports": "imports",
    "model": "model",
    "prediction": "first prediction",
}

LESS = "Less is better."
FROM_START = f"From the start of the process to the first prediction. {LESS}"
DELIVERED = "The delivered file or folder; for Python, the installed packages."
STEADY = "Images per second of a program that runs steadily. More is better."
NO_CACHES = "Without caches and without verification."
LARGEST = "Peak of the largest process of a start."
WRITTEN = f"Bytes written to files and streams. {LESS}"


@dataclass(frozen=True)
class Part:
    """A coloured part of a bar; its width in percent of the bar."""

    colour: str
    width: float


@dataclass(frozen=True)
class Bar:
    """A bar of a chart; its width in percent of the longest."""

    name: str
    ours: bool
    width: float
    parts: tuple[Part, ...]
    value: str
    spread: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Chart:
    """Bars with a title; the legend names the colours of the parts."""

    key: str
    title: str
    note: str
    legend: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]


def make_charts(document: ComparisonDocument) -> list[Chart]:
    """All charts of the page that have bars."""
    variants = document.measured
    wine = tables.wine_suffix(document)
    nothing = f"Nothing is unpacked, {document.cold}."
    found = [
        _starts([(v, v.warm) for v in variants], "warm", f"Warm start{wine}", FROM_START),
        _starts([(v, v.cold) for v in variants], "cold", f"Cold start{wine}", f"{FROM_START} {nothing}"),
        _amounts("size", "Size", f"{DELIVERED} {LESS}", variants, lambda variant: variant.size.bytes),
        _amounts(
            "download",
            "Download",
            f"The same, compressed. {LESS}",
            variants,
            lambda variant: variant.size.download,
        ),
        *(_rates(variants, name, wine) for name in document.loads),
        _build_times(variants, wine),
        _amounts(
            "memory",
            "Memory",
            f"{LARGEST} {LESS}",
            variants,
            lambda variant: tables.median(variant.warm.memory if variant.warm else None),
        ),
        _amounts(
            "written",
            "Written at each warm start",
            WRITTEN,
            variants,
            lambda variant: tables.median(variant.warm.written if variant.warm else None),
        ),
    ]
    return [chart for chart in found if chart.bars]


def _starts(variants: list[tuple[VariantFigures, Starts | None]], key: str, title: str, note: str) -> Chart:
    found = [(variant, starts) for variant, starts in variants if starts]
    longest = max((starts.prediction.median for _, starts in found), default=0.0)
    bars = []
    for variant, starts in found:
        seconds, phases = starts.prediction, starts.phases
        parts = [Part("whole", 100.0)]
        hint = ""
        if phases:
            total = sum(phases[phase].median for phase, _ in PHASES)
            parts = [Part(phase, 100 * phases[phase].median / total) for phase, _ in PHASES]
            hint = ", ".join(f"{PHASE_NAMES[phase]} {phases[phase].median:.2f} s" for phase, _ in PHASES)
        bars.append(
            Bar(
                variant.title,
                variant.is_ours,
                100 * seconds.median / longest,
                tuple(parts),
                f"{seconds.median:.2f} s",
                f"{seconds.low:.2f}-{seconds.high:.2f}",
                hint,
            )
        )
    split = any(starts.phases for _, starts in found)
    legend = tuple((PHASE_NAMES[phase], phase) for phase, _ in PHASES) if split else ()
    return Chart(key, title, note, legend, tuple(bars))


def _amounts(
    key: str,
    title: str,
    note: str,
    variants: list[VariantFigures],
    amount: Callable[[VariantFigures], float | None],
) -> Chart:
    found = [(variant, number) for variant in variants if (number := amount(variant))]
    return Chart(key, title, note, (), _plain_bars(found, tables.megabytes))


def _rates(variants: list[VariantFigures], name: str, wine: str) -> Chart:
    found = [
        (variant, load.rate.median) for variant in variants if (load := variant.loads.get(name)) and load.rate
    ]
    bars = _plain_bars(found, lambda value: f"{value:.1f}")
    return Chart(f"rate-{name.replace(' ', '-')}", f"Throughput, {name}{wine}", STEADY, (), bars)


def _build_times(variants: list[VariantFigures], wine: str) -> Chart:
    found = [(variant, seconds) for variant in variants if (seconds := variant.build.seconds)]
    return Chart("build", f"Build time{wine}", f"{NO_CACHES} {LESS}", (), _plain_bars(found, tables.seconds))


def _plain_bars(found: list[tuple[VariantFigures, float]], show: Callable[[float], str]) -> tuple[Bar, ...]:
    """Bars of one colour each."""
    longest = max((value for _, value in found), default=1.0)
    return tuple(
        Bar(
            name=variant.title,
            ours=variant.is_ours,
            width=100 * value / longest,
            parts=(Part("ours" if variant.is_ours else "theirs", 100.0),),
            value=show(value),
        )
        for variant, value in found
    )
