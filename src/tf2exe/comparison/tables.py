"""The comparison as tables: for the terminal, and as Markdown for a README."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.comparison.record import Document

NOTHING = "-"
MEGABYTE = 1e6
LONGEST_WORD = len("verification)")
"""Of the names of figures: a column that is as wide breaks none."""

Cell = str


Column = tuple[str, "Callable[[Document], Cell]"]


def columns(document: Document) -> list[Column]:
    """Headings, each with a function that makes its cell for a variant."""
    return [*_of_builds(document), *_of_starts(document), *_of_loads(document)]


def _of_builds(document: Document) -> list[Column]:
    return [
        (f"build{under(document)}", lambda variant: seconds(variant["build"]["seconds"])),
        ("size", lambda variant: megabytes(variant["size"]["bytes"])),
        ("download", lambda variant: megabytes(variant["size"]["download"])),
        ("files", lambda variant: f"{variant['size']['files']:,}" if variant["size"]["files"] else NOTHING),
        ("matches Python", parity),
    ]


def _of_starts(document: Document) -> list[Column]:
    wine = under(document)
    columns: list[Column] = [
        (f"cold start{wine}", lambda variant: spread(variant.get("cold"), "prediction")),
        (f"warm start{wine}", lambda variant: spread(variant.get("warm"), "prediction")),
        ("memory", lambda variant: megabytes(_median(variant.get("warm"), "memory"))),
        ("written per start", lambda variant: megabytes(_median(variant.get("warm"), "written"))),
    ]
    return columns[:2] if wine else columns


def under(document: Document) -> str:
    """A mark for seconds: those under Wine are not those of Windows."""
    return " under Wine" if document["machine"].get("wine") else ""


def _of_loads(document: Document) -> list[Column]:
    loads = list(dict.fromkeys(name for variant in document["variants"] for name in variant.get("loads", {})))
    return [(f"{name}, images/s{under(document)}", partial(rate, name=name)) for name in loads]


def problems(document: Document) -> list[str]:
    """Why variants are missing."""
    return [
        f"{variant['title']}: {variant['problem']}" for variant in document["variants"] if variant["problem"]
    ]


def terminal(document: Document) -> list[Table]:
    """The tables that `tf2exe compare` shows."""
    there = [variant for variant in document["variants"] if not variant["problem"]]
    parts = [
        (f"{document['name']}: builds", _of_builds(document)),
        ("To the first prediction, median (lowest-highest)", _of_starts(document)),
        ("Throughput", _of_loads(document)),
    ]
    tables = []
    for title, part in parts:
        table = Table("", *(heading for heading, _ in part), title=title)
        for variant in there:
            table.add_row(variant["title"], *(cell(variant) for _, cell in part))
        tables += [table] if part else []
    if document["ratios"]:
        held = Table(title=RATIO_HEADINGS[0], box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        held.add_column("", min_width=LONGEST_WORD)
        for heading in RATIO_HEADINGS[1:]:
            held.add_column(heading)
        for ratio in document["ratios"]:
            held.add_row(*ratio_cells(ratio))
        tables.append(held)
    return tables


RATIO_HEADINGS = (
    "tf2exe onefile vs. PyInstaller's tuned onefile",
    "tf2exe",
    "PyInstaller",
    "ratio",
    "target",
    "",
)


def ratio_cells(ratio: dict[str, Any]) -> list[Cell]:
    """One figure of the onefile compared with that of the tuned baseline."""
    mark = "" if ratio["reached"] is None else "reached" if ratio["reached"] else _missed(ratio)
    both = [_figure(ratio, side) for side in ("ours", "theirs")]
    if ratio["kind"] == "cases":
        return [ratio["figure"], *both, NOTHING, "none", mark]
    direction = "or more" if ratio["more_is_better"] else "or less"
    wanted = NOTHING if ratio["wanted"] is None else f"{ratio['wanted']:.2f} {direction}"
    known = f"{ratio['ratio']:.2f}"
    if ratio["kind"] == "rate":
        known += f" ({ratio['low']:.2f}-{ratio['high']:.2f})"
    return [ratio["figure"], *both, known, wanted, mark]


def _missed(ratio: dict[str, Any]) -> Cell:
    """Throughput of the same computation varies: the cell says if some round reached the target."""
    by_chance = ratio["kind"] == "rate" and ratio["high"] >= ratio["wanted"]
    return "missed within the spread" if by_chance else "missed"


def _figure(ratio: dict[str, Any], side: str) -> Cell:
    value = ratio[side]
    if value is None:
        return NOTHING
    match ratio["kind"]:
        case "build":
            return seconds(value)
        case "size":
            return megabytes(value)
        case "rate":
            return f"{value:.1f}/s"
        case "cases":
            return f"{value} of {ratio['cases']}"
    return f"{value:.2f} s"


def markdown(document: Document) -> str:
    """All tables, for a page."""
    return _markdown(document, columns(document))


SHORT = ("build", "size", "matches Python", "cold start", "warm start")


def short_markdown(document: Document) -> str:
    """The same for a README, with the most important columns."""
    loads = [heading for heading, _ in _of_loads(document)]
    wanted = {f"{heading}{under(document)}" for heading in SHORT} | {*SHORT, *loads}
    return _markdown(document, [column for column in columns(document) if column[0] in wanted])


def _markdown(document: Document, chosen: list[Column]) -> str:
    names = ["", *(heading for heading, _ in chosen)]
    lines = [_line(names), _line(["---"] * len(names))]
    for variant in document["variants"]:
        cells = [variant["problem"]] if variant["problem"] else [cell(variant) for _, cell in chosen]
        lines.append(_line([variant["title"], *cells, *[""] * (len(names) - len(cells) - 1)]))
    if document["ratios"]:
        lines += ["", _line(list(RATIO_HEADINGS)), _line(["---"] * len(RATIO_HEADINGS))]
        lines += [_line(ratio_cells(ratio)) for ratio in document["ratios"]]
    return "\n".join([*lines, "", conditions(document)]) + "\n"


IN_TURN = (
    " Images per second: the programs run alternately, each for a second at a time; the ratio is the median"
    " (lowest-highest) of the rounds."
)

UNDER_WINE = (
    " Sizes, files and output are those of Windows; seconds are those of Wine and say nothing about Windows."
    " Memory and written bytes are left out: Wine does not count them for a program and its children."
)


def conditions(document: Document) -> str:
    """Where, when, with what and how often it was measured."""
    machine, effort = document["machine"], document["effort"]
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    wine = machine.get("wine")
    system = f"{machine['system']} under Wine {wine} on Linux" if wine else machine["system"]
    return (
        f"Measured on {document['date']} with `{document['command']}`: {machine['processor']}, "
        f"{machine['processors']} processors, {machine['memory'] / 2**30:.0f} GiB, {system}, "
        f"Python {machine['python']}, {versions}. Median (lowest-highest) of {effort['cold']} cold and "
        f"{effort['warm']} warm starts, round robin; cold starts: unpacked files deleted, {document['cold']}."
        f"{IN_TURN if effort['loads'] and not wine else ''}"
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


def spread(starts: dict[str, Any] | None, key: str) -> Cell:
    """Median, lowest and highest seconds."""
    values = starts.get(key) if starts else None
    if not values:
        return NOTHING
    return f"{values['median']:.2f} s ({values['low']:.2f}-{values['high']:.2f})"


def rate(variant: Document, name: str) -> Cell:
    """Images per second."""
    values = variant.get("loads", {}).get(name, {}).get("rate")
    return f"{values['median']:.1f}" if values else NOTHING


def parity(variant: Document) -> Cell:
    """The number of cases whose output matches Python."""
    cases = variant["parity"]["cases"]
    return f"{variant['parity']['same']} of {cases}" if cases else NOTHING


def _median(starts: dict[str, Any] | None, key: str) -> float | None:
    values = starts.get(key) if starts else None
    return float(values["median"]) if values else None
