"""The comparison and the size breakdown as one HTML page without other files."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from tf2exe.comparison import tables
from tf2exe.comparison.charts import make_charts
from tf2exe.comparison.treemap import make_boxes
from tf2exe.errors import MachineError
from tf2exe.report.sizes import KINDS

if TYPE_CHECKING:
    from markupsafe import Markup

    from tf2exe.comparison.charts import Chart
    from tf2exe.comparison.comparison_json import ComparisonDocument, VariantFigures
    from tf2exe.comparison.treemap import Box
    from tf2exe.report.sizes import Sizes

PACKAGES = ("jinja2", "squarify")

MAX_SAVINGS = 25

LONGEST_WORD = 30
"""Longer words may wrap: a line on a phone has about forty letters."""

SPREAD = re.compile(r"(.+ s) (\(.+\))")
"""A median with its spread, which is below it in a table."""


@dataclass(frozen=True)
class Row:
    """A variant in the table of all figures; each cell has a text and a small text below it."""

    ours: bool
    title: str
    cells: tuple[tuple[str, str], ...]
    problem: str


@dataclass(frozen=True)
class Difference:
    """A sample or case whose output differs from Python."""

    title: str
    sample: str
    text: str


@dataclass(frozen=True)
class ComparisonPart:
    """The texts of the comparison, as the template shows them."""

    summary: str
    conditions: str
    ratio_headings: tuple[str, ...]
    ratios: tuple[list[str], ...]
    charts: list[Chart]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class SizesPart:
    """The texts of the size breakdown, as the template shows them."""

    note: str
    kinds: tuple[str, ...]
    headings: tuple[str, ...]
    boxes: list[Box]
    rows: tuple[list[str], ...]
    saved: str
    savings: tuple[list[str], ...]


def require_packages() -> None:
    """Checks that the page can be made, before anything is measured.

    Raises:
        MachineError: a package for the page is not installed.
    """
    for name in PACKAGES:
        if importlib.util.find_spec(name) is None:
            raise MachineError(f"no {name}", "the page requires it", "pip install 'tf2exe[compare]'")


def render_page(title: str, comparison: ComparisonDocument | None, sizes: Sizes | None) -> str:
    """The page with the given parts as HTML.

    Raises:
        MachineError: a package for the page is not installed.
    """
    require_packages()
    import jinja2  # noqa: PLC0415 - an extra, needed only here

    source = resources.files("tf2exe.comparison").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters["breakable"] = _breakable
    text: str = environment.from_string(source).render(
        title=title,
        comparison=_comparison_part(comparison) if comparison else None,
        sizes=_sizes_part(sizes) if sizes else None,
    )
    return text


def _breakable(text: str) -> Markup:
    """Keeps words together; long paths and names may wrap after their separators."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with jinja2

    words = []
    for word in text.split(" "):
        if len(word) > LONGEST_WORD:
            words.append(Markup("<wbr>").join(re.findall(r"[^/._=-]*[/._=-]*", word)))
        elif "-" in word or "/" in word:
            words.append(Markup('<span class="whole">{}</span>').format(word))
        else:
            words.append(escape(word))
    return Markup(" ").join(words)


def _comparison_part(document: ComparisonDocument) -> ComparisonPart:
    columns = tables.all_columns(document)
    return ComparisonPart(
        summary=f"In Python, with PyInstaller and with tf2exe, side by side; {document.date}.",
        conditions=tables.conditions(document).replace("`", ""),
        ratio_headings=tables.RATIO_HEADINGS[1:],
        ratios=tuple(tables.ratio_cells(ratio) for ratio in document.ratios),
        charts=make_charts(document),
        headings=tuple(heading for heading, _ in columns),
        rows=tuple(_row(variant, columns) for variant in document.variants),
        differences=tuple(
            Difference(variant.title, case.sample, case.difference)
            for variant in document.variants
            for case in variant.parity.differences
        ),
    )


def _row(variant: VariantFigures, columns: list[tables.Column]) -> Row:
    cells = () if variant.problem else tuple(_split_spread(cell(variant)) for _, cell in columns)
    return Row(variant.is_ours, variant.title, cells, variant.problem)


def _split_spread(cell: str) -> tuple[str, str]:
    found = SPREAD.fullmatch(cell)
    return (found[1], found[2]) if found else (cell, "")


def _sizes_part(sizes: Sizes) -> SizesPart:
    rows = [
        [
            share.owner,
            f"{share.size / 1e6:.1f}",
            *(f"{share.kinds[kind] / 1e6:.1f}" if share.kinds.get(kind) else "" for kind in KINDS),
            f"{share.files:,}",
            f"{share.saved / 1e6:.1f}" if share.saved else "",
        ]
        for share in sizes.shares
    ]
    total = ["all", f"{sizes.size / 1e6:.1f}", *(f"{sizes.of_kind(kind) / 1e6:.1f}" for kind in KINDS)]
    rows.append([*total, f"{sum(share.files for share in sizes.shares):,}", f"{sizes.saved / 1e6:.1f}"])
    return SizesPart(
        note=f"The unpacked files of the build: {sizes.size / 1e6:,.0f} MB. A onefile contains them "
        "compressed.",
        kinds=tuple(KINDS.values()),
        headings=("MB", *KINDS.values(), "files", "excluded, MB"),
        boxes=make_boxes(sizes),
        rows=tuple(rows),
        saved=f"{sizes.saved / 1e6:,.0f} MB of the same packages were excluded, and stripping saved "
        f"{sizes.stripped / 1e6:,.0f} MB more.",
        savings=tuple(
            [s.owner, f"{s.size / 1e6:.1f}", f"{s.files:,}", s.pattern, s.reason]
            for s in sizes.savings[:MAX_SAVINGS]
        ),
    )
