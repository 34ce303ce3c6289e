"""The comparison, and what the megabytes are, as one HTML page that needs nothing else."""

from __future__ import annotations

import importlib.util
from importlib import resources
from typing import TYPE_CHECKING, Any

from tf2exe.comparison import tables
from tf2exe.comparison.charts import charts, is_ours
from tf2exe.comparison.treemap import Box, squarify
from tf2exe.errors import MachineError
from tf2exe.sizes import KINDS

if TYPE_CHECKING:
    from tf2exe.comparison.record import Document
    from tf2exe.sizes import Sizes

SMALLEST_LABEL = (7.0, 4.0)
"""Percent of the map's width and height that a box needs for its label."""

MOST_SAVINGS = 25


def require() -> None:
    """Makes sure that a page can be drawn, before anything is measured for it.

    Raises:
        MachineError: jinja2 is not installed.
    """
    if importlib.util.find_spec("jinja2") is None:
        raise MachineError("no jinja2", "the page requires it", "pip install 'tf2exe[compare]'")


def page(title: str, comparison: Document | None, sizes: Sizes | None) -> str:
    """The whole page.

    Raises:
        MachineError: jinja2 is not installed.
    """
    require()
    import jinja2  # noqa: PLC0415 - an extra, needed only here

    source = resources.files("tf2exe.comparison").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    text: str = environment.from_string(source).render(
        title=title,
        comparison=_comparison(comparison) if comparison else None,
        sizes=_sizes(sizes) if sizes else None,
    )
    return text


def _comparison(document: Document) -> dict[str, Any]:
    columns = tables.columns(document)
    rows = []
    for row in document["rows"]:
        cells = [] if row["problem"] else [cell(row) for _, cell in columns]
        rows.append({"ours": is_ours(row), "cells": [row["title"], *cells], "problem": row["problem"]})
    return {
        "summary": f"In Python, with PyInstaller and with tf2exe, side by side; {document['date']}.",
        "conditions": tables.conditions(document).replace("`", ""),
        "ratio_headings": tables.RATIO_HEADINGS[1:],
        "ratios": [tables.ratio_cells(ratio) for ratio in document["ratios"]],
        "charts": charts(document),
        "headings": [heading for heading, _ in columns],
        "rows": rows,
        "differences": [
            (row["title"], case["sample"], case["difference"])
            for row in document["rows"]
            for case in row["parity"]["differences"]
        ],
    }


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
        "note": f"The files of the build, unpacked: {sizes.size / 1e6:.0f} MB. A single file holds them "
        "compressed.",
        "kinds": [(name, colour) for colour, name in enumerate(KINDS.values())],
        "boxes": _boxes(sizes),
        "rows": rows,
        "saved": f"{sizes.saved / 1e6:.0f} MB of the same packages are not carried, and stripping saved "
        f"{sizes.stripped / 1e6:.0f} MB more.",
        "savings": [
            [s.owner, f"{s.size / 1e6:.1f}", f"{s.files:,}", s.pattern, s.reason]
            for s in sizes.savings[:MOST_SAVINGS]
        ],
    }


def _boxes(sizes: Sizes) -> list[dict[str, Any]]:
    """A box for each package, in it one for each kind."""
    shares = [share for share in sizes.shares if share.size]
    found = []
    for share, outer in zip(shares, squarify([s.size for s in shares], Box(0, 0, 100, 100)), strict=True):
        kinds = sorted(((k, n) for k, n in share.kinds.items() if n), key=lambda pair: -pair[1])
        inner = squarify([number for _, number in kinds], outer)
        for place, ((kind, number), box) in enumerate(zip(kinds, inner, strict=True)):
            fits = box.width >= SMALLEST_LABEL[0] and box.height >= SMALLEST_LABEL[1]
            text = f"{share.owner}: {KINDS[kind]}, {number / 1e6:.1f} MB"
            label = f"{share.owner if place == 0 else KINDS[kind]} {number / 1e6:.0f} MB"
            found.append(
                {
                    "colour": list(KINDS).index(kind),
                    "x": box.x,
                    "y": box.y,
                    "width": box.width,
                    "height": box.height,
                    "hint": text,
                    "label": label if fits else "",
                }
            )
    return found
