"""Lays rectangles into a rectangle, their areas as the given sizes: a squarified treemap.

After M. Bruls, K. Huizing, J. van Wijk: Squarified Treemaps (2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Box:
    """A rectangle; in the units of the whole."""

    x: float
    y: float
    width: float
    height: float


def squarify(sizes: Sequence[float], whole: Box) -> list[Box]:
    """A box for each size.

    Args:
        sizes: positive, the largest first.
        whole: what they fill.
    """
    total = sum(sizes)
    if not sizes or total <= 0:
        return []
    scale = whole.width * whole.height / total
    waiting = [size * scale for size in sizes]
    boxes: list[Box] = []
    free = whole
    while waiting:
        side = min(free.width, free.height)
        count = 1
        while count < len(waiting) and _worst(waiting[: count + 1], side) <= _worst(waiting[:count], side):
            count += 1
        row, waiting = waiting[:count], waiting[count:]
        placed, free = _place(row, sum(waiting), free)
        boxes += placed
    return boxes


def _worst(row: Sequence[float], side: float) -> float:
    """The worst ratio of sides in a row that is laid along a side."""
    total = sum(row)
    if side <= 0 or total <= 0:
        return float("inf")
    ratios = [side * side * area / total**2 for area in row if area > 0]
    return max(max(ratio, 1 / ratio) for ratio in ratios)


def _place(row: Sequence[float], left: float, free: Box) -> tuple[list[Box], Box]:
    """The boxes of a row, and the box of what is left, made from its area: sides subtracted lose digits."""
    total = sum(row)
    boxes = []
    if free.width >= free.height:
        width = total / free.height if free.height else 0.0
        y = free.y
        for area in row:
            height = area / width if width else 0.0
            boxes.append(Box(free.x, y, width, height))
            y += height
        return boxes, Box(free.x + width, free.y, left / free.height if free.height else 0.0, free.height)
    height = total / free.width if free.width else 0.0
    x = free.x
    for area in row:
        width = area / height if height else 0.0
        boxes.append(Box(x, free.y, width, height))
        x += width
    return boxes, Box(free.x, free.y + height, free.width, left / free.width if free.width else 0.0)
