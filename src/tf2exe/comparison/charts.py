"""What the page draws: bars with their lengths, colours and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.comparison import tables
from tf2exe.comparison.running import PHASES

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
HANDED_OVER = "What is handed over; in Python, the installed packages."
STEADY = "Images per second once it runs steadily. More is better."
NO_CACHES = "Until the program is there, without caches; its verification apart."
LARGEST = "Of the largest process of a start, at the most."
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
    """Bars with a title; the legend tells the colours of the parts."""

    key: str
    title: str
    note: str
    legend: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]


def is_ours(row: Document) -> bool:
    """Whether tf2exe built it."""
    return bool(row["kind"] == "tf2exe")


def charts(document: Document) -> list[Chart]:
    """All charts of the page; those without a bar are left out."""
    rows = [row for row in document["rows"] if not row["problem"]]
    loads = list(dict.fromkeys(name for row in rows for name in row.get("loads", {})))
    wine = tables.under(document)
    nothing = f"Nothing is unpacked yet: {document['cold']}."
    found = [
        _starts(rows, "later", f"Later starts{wine}", FROM_START),
        _starts(rows, "first", f"The first start ever{wine}", f"{FROM_START} {nothing}"),
        _amounts("size", "Size", f"{HANDED_OVER} {LESS}", rows, lambda row: row["size"]["bytes"]),
        _amounts(
            "download", "Download", f"The same, compressed. {LESS}", rows, lambda r: r["size"]["download"]
        ),
        *(_rates(rows, name, wine) for name in loads),
        _build_times(rows, wine),
        _amounts("memory", "Memory", f"{LARGEST} {LESS}", rows, lambda row: _median(row, "memory")),
        _amounts(
            "written", "Written at each later start", WRITTEN, rows, lambda row: _median(row, "written")
        ),
    ]
    return [chart for chart in found if chart.bars]


def _starts(rows: list[Document], key: str, title: str, note: str) -> Chart:
    found = [(row, row[key]) for row in rows if row.get(key)]
    longest = max((starts["prediction"]["median"] for _, starts in found), default=0.0)
    bars = []
    for row, starts in found:
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
                row["title"],
                is_ours(row),
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
    key: str, title: str, note: str, rows: list[Document], amount: Callable[[Document], float | None]
) -> Chart:
    found = [(row, number) for row in rows if (number := amount(row))]
    return Chart(key, title, note, (), _plain(found, tables.megabytes))


def _rates(rows: list[Document], name: str, wine: str) -> Chart:
    found = [
        (row, row["loads"][name]["rate"]["median"])
        for row in rows
        if row.get("loads", {}).get(name, {}).get("rate")
    ]
    bars = _plain(found, lambda value: f"{value:.1f}")
    return Chart(f"rate-{name.replace(' ', '-')}", f"Throughput, {name}{wine}", STEADY, (), bars)


def _build_times(rows: list[Document], wine: str) -> Chart:
    found = [(row, row["build"]["seconds"]) for row in rows if row["build"]["seconds"]]
    return Chart("build", f"Build time{wine}", f"{NO_CACHES} {LESS}", (), _plain(found, tables.seconds))


def _plain(found: list[tuple[Document, float]], show: Callable[[float], str]) -> tuple[Bar, ...]:
    """Bars of one colour each."""
    longest = max((value for _, value in found), default=1.0)
    return tuple(
        Bar(
            name=row["title"],
            ours=is_ours(row),
            width=100 * value / longest,
            parts=(Part("ours" if is_ours(row) else "theirs", 100.0),),
            value=show(value),
        )
        for row, value in found
    )


def _median(row: Document, key: str) -> float | None:
    values = (row.get("later") or {}).get(key)
    return float(values["median"]) if values else None
