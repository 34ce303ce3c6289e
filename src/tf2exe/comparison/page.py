"""The comparison and the size breakdown as one HTML page that needs no other file."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from tf2exe.comparison import tables
from tf2exe.comparison.charts import charts, is_ours
from tf2exe.errors import MachineError
from tf2exe.report.sizes import KINDS

if TYPE_CHECKING:
    from markupsafe import Markup

    from tf2exe.comparison.record import Document
    from tf2exe.report.sizes import Share, Sizes

PACKAGES = ("jinja2", "squarify")

SMALLEST_SHARE = 1e-5
"""Of the whole map; a smaller box would be thinner than its border."""

MOST_SAVINGS = 25

LONGEST_WORD = 30
"""Longer words may wrap: a line of a phone has some forty letters."""

SPREAD = re.compile(r"(.+ s) (\(.+\))")
"""A median with its spread, which stands below it in a table."""


def require() -> None:
    """Checks that a page can be made, before anything is measured for it.

    Raises:
        MachineError: a package for the page is not installed.
    """
    for name in PACKAGES:
        if importlib.util.find_spec(name) is None:
            raise MachineError(f"no {name}", "the page requires it", "pip install 'tf2exe[compare]'")


def page(title: str, comparison: Document | None, sizes: Sizes | None) -> str:
    """The whole page.

    Raises:
        MachineError: a package for the page is not installed.
    """
    require()
    import jinja2  # noqa: PLC0415 - an extra, needed only here

    source = resources.files("tf2exe.comparison").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters["breakable"] = _breakable
    text: str = environment.from_string(source).render(
        title=title,
        comparison=_comparison(comparison) if comparison else None,
        sizes=_sizes(sizes) if sizes else None,
    )
    return text


def _breakable(text: str) -> Markup:
    """A text whose words stay whole, but for long paths and names, which may wrap behind their separators."""
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


def _comparison(document: Document) -> dict[str, Any]:
    columns = tables.columns(document)
    rows = []
    for variant in document["variants"]:
        cells = [] if variant["problem"] else [_lines(cell(variant)) for _, cell in columns]
        rows.append(
            {
                "ours": is_ours(variant),
                "title": variant["title"],
                "cells": cells,
                "problem": variant["problem"],
            }
        )
    return {
        "summary": f"In Python, with PyInstaller and with tf2exe, side by side; {document['date']}.",
        "conditions": tables.conditions(document).replace("`", ""),
        "ratio_headings": tables.RATIO_HEADINGS[1:],
        "ratios": [tables.ratio_cells(ratio) for ratio in document["ratios"]],
        "charts": charts(document),
        "headings": [heading for heading, _ in columns],
        "rows": rows,
        "differences": [
            (variant["title"], case["sample"], case["difference"])
            for variant in document["variants"]
            for case in variant["parity"]["differences"]
        ],
    }


def _lines(cell: str) -> tuple[str, str]:
    """A cell's text, and what stands below it in small letters."""
    found = SPREAD.fullmatch(cell)
    return (found[1], found[2]) if found else (cell, "")


def _sizes(sizes: Sizes) -> dict[str, Any]:
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
    return {
        "note": f"The unpacked files of the build: {sizes.size / 1e6:,.0f} MB. A onefile contains them "
        "compressed.",
        "kinds": [(name, colour) for colour, name in enumerate(KINDS.values())],
        "headings": ["MB", *KINDS.values(), "files", "excluded, MB"],
        "boxes": _boxes(sizes),
        "rows": rows,
        "saved": f"{sizes.saved / 1e6:,.0f} MB of the same packages were excluded, and stripping saved "
        f"{sizes.stripped / 1e6:,.0f} MB more.",
        "savings": [
            [s.owner, f"{s.size / 1e6:.1f}", f"{s.files:,}", s.pattern, s.reason]
            for s in sizes.savings[:MOST_SAVINGS]
        ],
    }


def _boxes(sizes: Sizes) -> list[dict[str, Any]]:
    """A box for each package, in it one for each kind; in percent of the map."""
    smallest = SMALLEST_SHARE * sizes.size
    shares = [share for share in sizes.shares if share.size >= smallest]
    found = []
    outer = squarified([share.size for share in shares], (0.0, 0.0, 100.0, 100.0))
    for share, whole in zip(shares, outer, strict=True):
        kinds = sorted(((k, n) for k, n in share.kinds.items() if n >= smallest), key=lambda pair: -pair[1])
        inner = squarified([number for _, number in kinds], whole)
        for place, ((kind, number), box) in enumerate(zip(kinds, inner, strict=True)):
            x, y, width, height = box
            found.append(
                {
                    "colour": list(KINDS).index(kind),
                    "x": x,
                    "y": y,
                    "width": width,
                    "height": height,
                    "hint": f"{share.owner}: {KINDS[kind]}, {number / 1e6:.1f} MB",
                    **_label(share, kind, number, (width, height), is_first=place == 0),
                }
            )
    return found


def squarified(
    sizes: list[int], whole: tuple[float, float, float, float]
) -> list[tuple[float, float, float, float]]:
    """Rectangles whose areas are proportional to the sizes: x, y, width and height each.

    Args:
        sizes: positive, the largest first.
        whole: the rectangle that they fill.
    """
    import squarify  # noqa: PLC0415 - an extra, needed only here

    x, y, width, height = whole
    areas = squarify.normalize_sizes(sizes, width, height) if sizes else []
    return [
        (box["x"], box["y"], box["dx"], box["dy"]) for box in squarify.squarify(areas, x, y, width, height)
    ]


@dataclass(frozen=True)
class Layout:
    """How the map is shown; lengths in percent of its width."""

    aspect: float
    font: float


LAYOUTS = {"wide": Layout(aspect=16 / 10, font=1.25), "narrow": Layout(aspect=4 / 5, font=3.2)}
"""As in the style of the page, where the font's size is a part of the map's width, so that a label that fits
once fits always."""

LETTER, LINE, MARGIN = 0.62, 1.3, 0.8
"""Width of a letter and height of a line on average, and both margins of a box, in the size of the font."""


def _label(
    share: Share, kind: str, number: int, size: tuple[float, float], *, is_first: bool
) -> dict[str, Any]:
    """The lines of a box's label, and the layouts in which they fit."""
    width, height = size
    lines = [share.owner if is_first else KINDS[kind], f"{number / 1e6:,.0f} MB"]
    fits = []
    for name, layout in LAYOUTS.items():
        room = height / layout.aspect
        needed = (LETTER * max(map(len, lines)) + MARGIN) * layout.font
        if needed <= width and (LINE * len(lines) + MARGIN) * layout.font <= room:
            fits.append(name)
    return {"lines": lines if fits else [], "fits": " ".join(fits)}
