"""The tables of a comparison, for the terminal and in Markdown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.comparison.comparison_json import (
        ComparisonDocument,
        DifferingCases,
        Figure,
        Ratio,
        Spread,
        VariantFigures,
    )

NOTHING = "-"
MEGABYTE = 1e6
LONGEST_WORD = len("verification)")
"""In the names of figures: a column of this width breaks none of them."""

Cell = str

Column = tuple[str, "Callable[[VariantFigures], Cell]"]
"""A heading, and a function that makes the cell of a variant."""


def all_columns(document: ComparisonDocument) -> list[Column]:
    """All columns of the table."""
    return [*_of_builds(document), *_of_starts(document), *_of_loads(document)]


def _of_builds(document: ComparisonDocument) -> list[Column]:
    return [
        (f"build{wine_suffix(document)}", lambda variant: seconds(variant.build.seconds)),
        ("size", lambda variant: megabytes(variant.size.bytes)),
        ("download", lambda variant: megabytes(variant.size.download)),
        ("files", lambda variant: f"{variant.size.files:,}" if variant.size.files else NOTHING),
        ("matches Python", parity),
    ]


def _of_starts(document: ComparisonDocument) -> list[Column]:
    wine = wine_suffix(document)
    starts: list[Column] = [
        (f"cold start{wine}", lambda variant: spread(variant.cold.prediction if variant.cold else None)),
        (f"warm start{wine}", lambda variant: spread(variant.warm.prediction if variant.warm else None)),
        ("memory", lambda variant: megabytes(median(variant.warm.memory if variant.warm else None))),
        (
            "written per start",
            lambda variant: megabytes(median(variant.warm.written if variant.warm else None)),
        ),
    ]
    return starts[:2] if wine else starts


def wine_suffix(document: ComparisonDocument) -> str:
    """A suffix for titles of times: those under Wine are not those of Windows."""
    return " under Wine" if document.machine.wine else ""


def _of_loads(document: ComparisonDocument) -> list[Column]:
    wine = wine_suffix(document)
    return [(f"{name}, images/s{wine}", partial(rate, name=name)) for name in document.loads]


def list_problems(document: ComparisonDocument) -> list[str]:
    """The reasons for missing variants."""
    return [f"{variant.title}: {variant.problem}" for variant in document.variants if variant.problem]


def terminal_tables(document: ComparisonDocument) -> list[Table]:
    """The tables that `tf2exe compare` shows."""
    parts = [
        (f"{document.name}: builds", _of_builds(document)),
        ("To the first prediction, median (lowest-highest)", _of_starts(document)),
        ("Throughput", _of_loads(document)),
    ]
    tables = []
    for title, part in parts:
        table = Table("", *(heading for heading, _ in part), title=title)
        for variant in document.measured:
            table.add_row(variant.title, *(cell(variant) for _, cell in part))
        tables += [table] if part else []
    if document.ratios:
        ratios = Table(title=RATIO_HEADINGS[0], box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        ratios.add_column("", min_width=LONGEST_WORD)
        for heading in RATIO_HEADINGS[1:]:
            ratios.add_column(heading)
        for ratio in document.ratios:
            ratios.add_row(*ratio_cells(ratio))
        tables.append(ratios)
    return tables


RATIO_HEADINGS = (
    "tf2exe onefile vs. PyInstaller's tuned onefile",
    "tf2exe",
    "PyInstaller",
    "ratio",
    "target",
    "",
)


def ratio_cells(ratio: Ratio | DifferingCases) -> list[Cell]:
    """The cells of a figure of the onefile compared with that of the tuned baseline."""
    if ratio.kind == "cases":
        both = [
            NOTHING if count is None else f"{count} of {ratio.cases}" for count in (ratio.ours, ratio.theirs)
        ]
        return [ratio.figure, *both, NOTHING, "none", "reached" if ratio.reached else "missed"]
    direction = "or more" if ratio.more_is_better else "or less"
    wanted = NOTHING if ratio.wanted is None else f"{ratio.wanted:.2f} {direction}"
    value = f"{ratio.ratio:.2f}"
    if ratio.kind == "rate":
        value += f" ({ratio.low:.2f}-{ratio.high:.2f})"
    both = [_figure(ratio.kind, figure) for figure in (ratio.ours, ratio.theirs)]
    return [ratio.figure, *both, value, wanted, _mark(ratio)]


def _mark(ratio: Ratio) -> Cell:
    """Throughput of the same computation varies, so the mark says if a round reached the target."""
    if ratio.wanted is None:
        return ""
    if ratio.reached:
        return "reached"
    in_spread = ratio.kind == "rate" and ratio.high >= ratio.wanted
    return "missed within the spread" if in_spread else "missed"


def _figure(kind: Figure, value: float) -> Cell:
    match kind:
        case "build":
            return seconds(value)
        case "size":
            return megabytes(value)
        case "rate":
            return f"{value:.1f}/s"
    return f"{value:.2f} s"


def markdown(document: ComparisonDocument) -> str:
    """All tables in Markdown."""
    return _markdown(document, all_columns(document))


SHORT = ("build", "size", "matches Python", "cold start", "warm start")


def short_markdown(document: ComparisonDocument) -> str:
    """The tables with the most important columns, for a README."""
    loads = [heading for heading, _ in _of_loads(document)]
    wanted = {f"{heading}{wine_suffix(document)}" for heading in SHORT} | {*SHORT, *loads}
    return _markdown(document, [column for column in all_columns(document) if column[0] in wanted])


def _markdown(document: ComparisonDocument, chosen: list[Column]) -> str:
    names = ["", *(heading for heading, _ in chosen)]
    lines = [_line(names), _line(["---"] * len(names))]
    for variant in document.variants:
        cells = [variant.problem] if variant.problem else [cell(variant) for _, cell in chosen]
        lines.append(_line([variant.title, *cells, *[""] * (len(names) - len(cells) - 1)]))
    if document.ratios:
        lines += ["", _line(list(RATIO_HEADINGS)), _line(["---"] * len(RATIO_HEADINGS))]
        lines += [_line(ratio_cells(ratio)) for ratio in document.ratios]
    return "\n".join([*lines, "", conditions(document)]) + "\n"


IN_TURN = (
    " Images per second: the programs run alternately, each for a second at a time; the ratio is the median"
    " (lowest-highest) of the rounds."
)

UNDER_WINE = (
    " Sizes, files and output are those of Windows; seconds are those of Wine and say nothing about Windows."
    " Memory and written bytes are left out: Wine does not count them for a program and its children."
)


def conditions(document: ComparisonDocument) -> str:
    """The conditions of the measurements: machine, tools, date, number of runs."""
    machine, effort = document.machine, document.effort
    versions = ", ".join(f"{name} {version}" for name, version in document.versions.items())
    wine = machine.wine
    system = f"{machine.system} under Wine {wine} on Linux" if wine else machine.system
    return (
        f"Measured on {document.date} with `{document.command}`: {machine.processor}, "
        f"{machine.processors} processors, {machine.memory / 2**30:.0f} GiB, {system}, "
        f"Python {machine.python}, {versions}. Median (lowest-highest) of {effort.cold} cold and "
        f"{effort.warm} warm starts, round robin; cold starts: unpacked files deleted, {document.cold}."
        f"{IN_TURN if effort.loads and not wine else ''}"
        f"{UNDER_WINE if wine else ''}"
    )


def _line(cells: list[Cell]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def seconds(value: float | None) -> Cell:
    """Seconds of a build."""
    return NOTHING if value is None else f"{value:.0f} s"


def megabytes(value: float | None) -> Cell:
    """Bytes as megabytes, with one decimal below 10 MB."""
    if value is None:
        return NOTHING
    return f"{value / MEGABYTE:.1f} MB" if value < 10 * MEGABYTE else f"{value / MEGABYTE:,.0f} MB"


def spread(values: Spread | None) -> Cell:
    """Median, lowest and highest seconds."""
    return f"{values.median:.2f} s ({values.low:.2f}-{values.high:.2f})" if values else NOTHING


def rate(variant: VariantFigures, name: str) -> Cell:
    """Images per second."""
    load = variant.loads.get(name)
    return f"{load.rate.median:.1f}" if load and load.rate else NOTHING


def parity(variant: VariantFigures) -> Cell:
    """The number of cases whose output matches Python."""
    return f"{variant.parity.same} of {variant.parity.cases}" if variant.parity.cases else NOTHING


def median(values: Spread | None) -> float | None:
    """The median, if there are values."""
    return values.median if values else None
