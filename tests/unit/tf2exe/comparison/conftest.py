from __future__ import annotations

from typing import Any

import pytest

from tf2exe.comparison.making import Build
from tf2exe.comparison.measure import Measured
from tf2exe.comparison.record import document
from tf2exe.comparison.rows import ROWS, Row
from tf2exe.comparison.running import Start

REACH = {"build": 0.4, "size": 0.6, "first": 0.7, "later": 0.45, "rate": 1.0}


def build(row: str, **given: Any) -> Build:  # noqa: ANN401 - fields of any type
    usual: dict[str, Any] = {
        "row": row,
        "seconds": 100.0,
        "stages": {},
        "size": 200_000_000,
        "files": 1,
        "download": 190_000_000,
        "parity": [{"sample": "one", "same": True, "difference": ""}],
        "path": "/x",
        "program": "/x/x",
        "problem": "",
        "date": "2026-01-02",
        "versions": {"tf2exe": "1"},
    }
    return Build(**{**usual, **given})


def start(scale: float = 1.0, rate: float | None = None) -> Start:
    phases = {"launcher": 0.1, "imports": 2.0, "model": 0.5, "prediction": 0.4}
    scaled = {phase: value * scale for phase, value in phases.items()}
    return Start(0, 3.2 * scale, scaled, rate, 500_000_000, 1_200, 4.0)


@pytest.fixture
def comparison() -> dict[str, Any]:
    """A whole comparison with figures that are easy to check; Nuitka did not finish."""
    rows: list[tuple[Row, Build, Measured | None]] = []
    for number, row in enumerate(ROWS):
        if row.kind == "nuitka":
            rows.append((row, build(row.key, seconds=None, problem="not finished after 60 minutes"), None))
            continue
        seconds = None if row.kind == "python" else 100.0 if row.kind == "pyinstaller" else 30.0
        size = 100_000_000 if row.key == "tf2exe-onefile" else 200_000_000
        scale = 1.0 if row.kind == "tf2exe" else 3.0
        measured = Measured([start(scale * 2)], [start(scale), start(scale * 1.2)])
        measured.loads["batch 1"] = [start(scale, 40.0 + number)]
        rows.append((row, build(row.key, seconds=seconds, size=size), measured))
    effort = {"first": 1, "later": 2, "loads": 1, "drop_machine": False}
    return document(
        "classify <it>",
        rows,
        command="tf2exe compare",
        samples={"start": "photo.jpg"},
        cold="pages dropped",
        effort=effort,
        reach=REACH,
    )
