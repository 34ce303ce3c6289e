"""The charts of the page: bars with their lengths, colours and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.comparison import tables
from tf2exe.comparison.startup import PHASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.comparison.record import Document

PHASE_NAMES = {
    "launcher": "launcher and interpreter",
    "imports": "imports",
    "model": "model",
    "prediction": "first prediction",
}


LESS = "Less is better."
FROM_START = f"From the start of the process to the first prediction. {LESS}"
DELIVERED = "The delivered file or folder; for Python, the installed packages."
STEADY = "Images per second of a busy program. More is better."
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


def is_ours(variant: Document) -> bool:
    """Whether tf2exe built it."""
    return bool(variant["kind"] == "tf2exe")


def charts(document: Document) -> list[Chart]:
    """All charts of the page that have bars."""
    variants = [variant for variant in document["variants"] if not variant["problem"]]
    loads = list(dict.fromkeys(name for variant in variants for name in variant.get("loads", {})))
    wine = tables.under(document)
    nothing = f"Nothing is unpacked, {document['cold']}."
    found = [
        _starts(variants, "warm", f"Warm start{wine}", FROM_START),
        _starts(variants, "cold", f"Cold start{wine}", f"{FROM_START} {nothing}"),
        _amounts("size", "Size", f"{DELIVERED} {LESS}", variants, lambda variant: variant["size"]["bytes"]),
        _amounts(
            "download", "Download", f"The same, compressed. {LESS}", variants, lambda r: r["size"]["download"]
        ),
        *(_rates(variants, name, wine) for name in loads),
        _build_times(variants, wine),
        _amounts(
            "memory", "Memory", f"{LARGEST} {LESS}", variants, lambda variant: _median(variant, "memory")
        ),
        _amounts(
            "written",
            "Written at each warm start",
            WRITTEN,
            variants,
            lambda variant: _median(variant, "written"),
        ),
    ]
    return [chart for chart in found if chart.bars]


def _starts(variants: list[Document], key: str, title: str, note: str) -> Chart:
    found = [(variant, variant[key]) for variant in variants if variant.get(key)]
    longest = max((starts["prediction"]["median"] for _, starts in found), default=0.0)
    bars = []
    for variant, starts in found:
        median = starts["prediction"]["median"]
        phases = starts["phases"]
        parts = [Part("whole", 100.0)]
        hint = ""
        if phases:
            total = sum(phases[phase]["median"] for phase, _ in PHASES)
            parts = [Part(phase, 100 * phases[phase]["median"] / total) for phase, _ in PHASES]
            hint = ", ".join(f"{PHASE_NAMES[phase]} {phases[phase]['median']:.2f} s" for phase, _ in PHASES)
        spread = f"{starts['prediction']['low']:.2f}-{starts['prediction']['high']:.2f}"
        bars.append(
            Bar(
                variant["title"],
                is_ours(variant),
                100 * median / longest,
                tuple(parts),
                f"{median:.2f} s",
                spread,
                hint,
            )
        )
    split = any(starts["phases"] for _, starts in found)
    legend = tuple((PHASE_NAMES[phase], phase) for phase, _ in PHASES) if split else ()
    return Chart(key, title, note, legend, tuple(bars))


def _amounts(
    key: str, title: str, note: str, variants: list[Document], amount: Callable[[Document], float | None]
) -> Chart:
    found = [(variant, number) for variant in variants if (number := amount(variant))]
    return Chart(key, title, note, (), _plain(found, tables.megabytes))


def _rates(variants: list[Document], name: str, wine: str) -> Chart:
    found = [
        (variant, variant["loads"][name]["rate"]["median"])
        for variant in variants
        if variant.get("loads", {}).get(name, {}).get("rate")
    ]
    bars = _plain(found, lambda value: f"{value:.1f}")
    return Chart(f"rate-{name.replace(' ', '-')}", f"Throughput, {name}{wine}", STEADY, (), bars)


def _build_times(variants: list[Document], wine: str) -> Chart:
    found = [(variant, variant["build"]["seconds"]) for variant in variants if variant["build"]["seconds"]]
    return Chart("build", f"Build time{wine}", f"{NO_CACHES} {LESS}", (), _plain(found, tables.seconds))


def _plain(found: list[tuple[Document, float]], show: Callable[[float], str]) -> tuple[Bar, ...]:
    """Bars of one colour each."""
    longest = max((value for _, value in found), default=1.0)
    return tuple(
        Bar(
            name=variant["title"],
            ours=is_ours(variant),
            width=100 * value / longest,
            parts=(Part("ours" if is_ours(variant) else "theirs", 100.0),),
            value=show(value),
        )
        for variant, value in found
    )


def _median(variant: Document, key: str) -> float | None:
    values = (variant.get("warm") or {}).get(key)
    return float(values["median"]) if values else None
