from __future__ import annotations

from typing import Any

import pytest

from tf2exe.comparison.build_runner import Build
from tf2exe.comparison.comparison_json import ComparedCase, ComparedCases, ComparisonDocument, Effort
from tf2exe.comparison.configurations import VARIANTS, Variant, select_variants
from tf2exe.comparison.measure import Measurements
from tf2exe.comparison.record import make_document
from tf2exe.comparison.startup import RunFigures

REACH = {"build": 0.4, "size": 0.6, "cold": 0.7, "warm": 0.45, "rate": 1.0}


def build(variant: str, **given: Any) -> Build:  # noqa: ANN401 - fields of any type
    default: dict[str, Any] = {
        "variant": variant,
        "seconds": 100.0,
        "stages": {},
        "size": 200_000_000,
        "files": 1,
        "download": 190_000_000,
        "parity": (ComparedCase(sample="one", same=True, difference=""),),
        "path": "/x",
        "program": "/x/x",
        "problem": "",
        "date": "2026-01-02",
        "versions": {"tf2exe": "1"},
    }
    return Build(**{**default, **given})


def start(scale: float = 1.0, rate: float | None = None) -> RunFigures:
    phases = {"launcher": 0.1, "imports": 2.0, "model": 0.5, "prediction": 0.4}
    scaled = {phase: value * scale for phase, value in phases.items()}
    return RunFigures(0, 3.2 * scale, scaled, rate, 500_000_000, 1_200, 4.0)


@pytest.fixture
def comparison() -> ComparisonDocument:
    """A comparison with figures that are easy to check; Nuitka did not finish."""
    rows: list[tuple[Variant, Build, Measurements | None]] = []
    for number, variant in enumerate(VARIANTS):
        if variant.kind == "nuitka":
            rows.append(
                (variant, build(variant.key, seconds=None, problem="not finished after 60 minutes"), None)
            )
            continue
        seconds = None if variant.kind == "python" else 100.0 if variant.kind == "pyinstaller" else 30.0
        size = 100_000_000 if variant.key == "tf2exe-onefile" else 200_000_000
        scale = 1.0 if variant.kind == "tf2exe" else 3.0
        measured = Measurements([start(scale * 2)], [start(scale), start(scale * 1.2)])
        measured.loads["batch 1"] = [start(scale, 40.0 + number)]
        rows.append((variant, build(variant.key, seconds=seconds, size=size), measured))
    effort = Effort(cold=1, warm=2, loads=1)
    return make_document(
        "classify <it>",
        rows,
        command="tf2exe compare",
        samples={"start": "photo.jpg"},
        cold="pages dropped",
        effort=effort,
        reach=REACH,
    )


MEASURED = {
    "python": (None, 1508, 18_219, None, 5.7, 4.4, 637, 30.6, 81.1),
    "pyinstaller-onedir": (126, 1181, 456, 976, 6.02, 4.5, 644, 30.3, 80.7),
    "pyinstaller-onefile": (288, 330, 1, 976, 11.35, 10.56, 645, 31.5, 78.8),
    "pyinstaller-tuned-onefile": (241, 266, 1, 976, 9.15, 8.76, 634, 30.9, 82.5),
    "tf2exe-onefile": (64, 159, 1, 976, 4.29, 3.58, 621, 30.7, 81.6),
    "tf2exe-standalone": (35, 933, 4_314, 976, 4.21, 3.44, 586, 30.0, 83.1),
    "python-litert": (None, 258, 3_742, None, 0.41, 0.23, 94, 60.2, 76.0),
    "tf2exe-litert-standalone": (25, 109, 1_094, 971, 0.18, 0.12, 90, 60.0, 75.9),
    "tf2exe-litert-onefile": (36, 41, 1, 971, 0.31, 0.12, 93, 59.5, 75.3),
}
"""Figures of the README: build, MB, files, cases, cold and warm start, memory, images/s of two loads."""

DIFFERENCE = (
    "stdout, line 1: Python gives 'assets/samples/a-very-long-file-name-of-a-photo.png', the executable ''"
)


@pytest.fixture
def measured_comparison() -> ComparisonDocument:
    """A comparison like that of the README, with all its variants."""
    rows: list[tuple[Variant, Build, Measurements | None]] = []
    for variant in select_variants(MEASURED, nuitka=False):
        seconds, megabytes, files, cases, cold, warm, memory, *rates = MEASURED[variant.key]
        corpus = None
        if cases is not None:
            different = (
                ComparedCase(sample=f"kinds/{n}.png", difference=DIFFERENCE) for n in range(976 - cases)
            )
            corpus = ComparedCases(cases=976, same=cases, differences=tuple(different))
        built = build(
            variant.key, seconds=seconds, size=megabytes * 10**6, files=files, parity=(), corpus=corpus
        )
        measured = Measurements([run_of(cold, memory)] * 3, [run_of(warm, memory)] * 7)
        for name, rate in zip(("batch 1", "batch 32"), rates, strict=True):
            measured.loads[name] = [run_of(warm, memory, rate)]
        rows.append((variant, built, measured))
    return make_document(
        "image-classifier",
        rows,
        command=f"tf2exe compare {' '.join(f'--variant {key}' for key in MEASURED)} --corpus corpus",
        samples={"start": "assets/samples/chelsea.png"},
        cold="pages of the program's files dropped (posix_fadvise)",
        effort=Effort(),
        reach=REACH,
    )


def run_of(seconds: float, memory: int, rate: float | None = None) -> RunFigures:
    phases = {"launcher": 0.1 * seconds, "imports": 0.5 * seconds, "model": 0.2 * seconds}
    return RunFigures(
        0, seconds, {**phases, "prediction": 0.2 * seconds}, rate, memory * 10**6, 811_000_000, 4.0
    )
