"""The treemap of the size breakdown: a box for each package, in it one for each kind of file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.report.sizes import KINDS

if TYPE_CHECKING:
    from tf2exe.report.sizes import Share, Sizes

SMALLEST_SHARE = 1e-5
"""Of the whole map. A smaller box would be thinner than its border."""

Rectangle = tuple[float, float, float, float]
"""Left, top, width and height in percent of the map."""


@dataclass(frozen=True)
class Layout:
    """A layout of the map; lengths in percent of its width."""

    aspect: float
    font: float


LAYOUTS = {"wide": Layout(aspect=16 / 10, font=1.25), "narrow": Layout(aspect=4 / 5, font=3.2)}
"""As in the style of the page. The font size is relative to the map's width, so labels fit in all windows."""

LETTER, LINE, MARGIN = 0.62, 1.3, 0.8
"""The average width of a letter, the height of a line and both margins of a box, in font sizes."""


@dataclass(frozen=True)
class Box:
    """A box of the map.

    Attributes:
        colour: the index of its kind.
        x: left, in percent of the map.
        y: top, in percent of the map.
        width: in percent of the map.
        height: in percent of the map.
        hint: its tooltip.
        lines: of its label; empty if the label fits in no layout.
        fits: the layouts in which the label fits, separated by spaces.
    """

    colour: int
    x: float
    y: float
    width: float
    height: float
    hint: str
    lines: tuple[str, ...]
    fits: str


def make_boxes(sizes: Sizes) -> list[Box]:
    """The boxes of a size breakdown."""
    smallest = SMALLEST_SHARE * sizes.size
    shares = [share for share in sizes.shares if share.size >= smallest]
    boxes = []
    outer = squarified([share.size for share in shares], (0.0, 0.0, 100.0, 100.0))
    for share, whole in zip(shares, outer, strict=True):
        kinds = sorted(((k, n) for k, n in share.kinds.items() if n >= smallest), key=lambda pair: -pair[1])
        inner = squarified([number for _, number in kinds], whole)
        for index, ((kind, number), rectangle) in enumerate(zip(kinds, inner, strict=True)):
            boxes.append(_box(share, kind, number, rectangle, is_first=index == 0))
    return boxes


def squarified(sizes: list[int], whole: Rectangle) -> list[Rectangle]:
    """Rectangles whose areas are proportional to the sizes.

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


def _box(share: Share, kind: str, number: int, rectangle: Rectangle, *, is_first: bool) -> Box:
    """A box with the name of the package if it is its first one, otherwise with the kind."""
    x, y, width, height = rectangle
    lines = (share.owner if is_first else KINDS[kind], f"{number / 1e6:,.0f} MB")
    fits = []
    for name, layout in LAYOUTS.items():
        needed = (LETTER * max(map(len, lines)) + MARGIN) * layout.font
        if needed <= width and (LINE * len(lines) + MARGIN) * layout.font <= height / layout.aspect:
            fits.append(name)
    return Box(
        colour=list(KINDS).index(kind),
        x=x,
        y=y,
        width=width,
        height=height,
        hint=f"{share.owner}: {KINDS[kind]}, {number / 1e6:.1f} MB",
        lines=lines if fits else (),
        fits=" ".join(fits),
    )
