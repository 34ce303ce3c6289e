"""The comparison as versioned JSON: from which the tables and the page are made."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from tf2exe.comparison.configurations import BASELINE
from tf2exe.comparison.machine import machine
from tf2exe.comparison.measure import summary
from tf2exe.comparison.startup import PHASES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tf2exe.comparison.build_runner import Build
    from tf2exe.comparison.configurations import Variant
    from tf2exe.comparison.measure import Measured
    from tf2exe.comparison.startup import Start

FORMAT = 2

OURS = "tf2exe-onefile"

FIGURES: tuple[tuple[str, str, bool], ...] = (
    ("build", "onefile build time (without verification)", False),
    ("size", "onefile size", False),
    ("cold", "cold start to first prediction", False),
    ("warm", "warm start to first prediction", False),
    ("rate", "throughput", True),
)
"""Figure, its name, and whether more is better."""

Document = dict[str, Any]


def document(
    name: str,
    variants: Sequence[tuple[Variant, Build, Measured | None]],
    *,
    command: str,
    samples: dict[str, str],
    cold: str,
    effort: dict[str, Any],
    reach: Mapping[str, float],
) -> Document:
    """Everything that was measured, and under which conditions."""
    entries = [_entry(variant, built, measured) for variant, built, measured in variants]
    here = machine()
    # Targets are those of Linux: figures under Wine are not compared with them.
    held = {} if here["wine"] else reach
    return {
        "format": FORMAT,
        "name": name,
        "date": time.strftime("%Y-%m-%d"),
        "command": command,
        "machine": here,
        "versions": variants[-1][1].versions if variants else {},
        "samples": samples,
        "cold": cold,
        "effort": effort,
        "variants": entries,
        "ratios": ratios(entries, held),
    }


def _entry(variant: Variant, built: Build, measured: Measured | None) -> Document:
    entry: Document = {
        "key": variant.key,
        "title": variant.title,
        "kind": variant.kind,
        "mode": variant.mode,
        "problem": built.problem or (measured.problem if measured else ""),
        "build": {"seconds": built.seconds, "stages": built.stages, "date": built.date},
        "size": {"bytes": built.size, "files": built.files, "download": built.download},
        "parity": _parity(built),
    }
    if measured:
        entry["cold"] = _starts(measured.cold)
        entry["warm"] = _starts(measured.warm)
        entry["loads"] = {name: _load(runs) for name, runs in measured.loads.items()}
    return entry


def _parity(built: Build) -> Document:
    """Over the corpus, if one was tried; else over the samples."""
    if built.corpus:
        return {"of": "corpus", **built.corpus}
    return {
        "of": "samples",
        "cases": len(built.parity),
        "same": sum(case["same"] for case in built.parity),
        "differences": [case for case in built.parity if not case["same"]],
    }


def _starts(runs: list[Start]) -> Document | None:
    if not runs:
        return None
    phases = {}
    for phase, _ in PHASES:
        values = [run.phases[phase] for run in runs if phase in run.phases]
        phases[phase] = summary(values)
    return {
        "process": summary([run.seconds for run in runs]),
        "prediction": summary([run.to_prediction for run in runs]),
        "phases": phases if all(phases.values()) else None,
        "memory": _known(runs, lambda run: run.memory),
        "written": _known(runs, lambda run: run.written),
        "processor": _known(runs, lambda run: run.processor),
    }


def _load(runs: list[Start]) -> Document:
    rates = [run.rate for run in runs if run.rate is not None]
    return {
        "rate": summary(rates),
        "rates": rates,
        "process": summary([run.seconds for run in runs]),
        "memory": _known(runs, lambda run: run.memory),
    }


def _known(runs: list[Start], value: Callable[[Start], float | None]) -> dict[str, float] | None:
    return summary([known for run in runs if (known := value(run)) is not None])


def ratios(entries: Sequence[Document], reach: Mapping[str, float]) -> list[Document]:
    """tf2exe's onefile against PyInstaller's tuned onefile; empty when one of them is not there."""
    by_key = {entry["key"]: entry for entry in entries}
    ours, theirs = by_key.get(OURS), by_key.get(BASELINE)
    if ours is None or theirs is None or ours["problem"] or theirs["problem"]:
        return []
    found = []
    for figure, title, more in FIGURES:
        for name, left, right, each in _pairs(figure, ours, theirs):
            ratio, wanted = statistics.median(each), reach.get(figure)
            reached = None if wanted is None else ratio >= wanted if more else ratio <= wanted
            found.append(
                {
                    "figure": f"{title}{f', {name}' if name else ''}",
                    "kind": figure,
                    "ours": left,
                    "theirs": right,
                    "ratio": ratio,
                    "low": min(each),
                    "high": max(each),
                    "wanted": wanted,
                    "reached": reached,
                    "more_is_better": more,
                }
            )
    return [*found, *_cases(ours, theirs)]


def _cases(ours: Document, theirs: Document) -> list[Document]:
    """How many cases of the corpus differ; it was tried with ours, and perhaps with theirs."""
    if ours["parity"]["of"] != "corpus":
        return []
    tried = theirs["parity"]["of"] == "corpus"
    different = ours["parity"]["cases"] - ours["parity"]["same"]
    return [
        {
            "figure": "cases of the parity corpus that differ from Python",
            "kind": "cases",
            "cases": ours["parity"]["cases"],
            "ours": different,
            "theirs": theirs["parity"]["cases"] - theirs["parity"]["same"] if tried else None,
            "ratio": None,
            "wanted": 0,
            "reached": different == 0,
            "more_is_better": False,
        }
    ]


def _pairs(figure: str, ours: Document, theirs: Document) -> list[tuple[str, float, float, list[float]]]:
    """Name of the load, both values, and their ratios; of rates one for each round."""
    if figure == "rate":
        found = []
        for name, load in ours.get("loads", {}).items():
            other = theirs.get("loads", {}).get(name)
            if load["rate"] and other and other["rate"]:
                each = [left / right for left, right in zip(load["rates"], other["rates"], strict=False)]
                found.append((name, load["rate"]["median"], other["rate"]["median"], each))
        return found
    left, right = (_value(figure, entry) for entry in (ours, theirs))
    return [("", left, right, [left / right])] if left and right else []


def _value(figure: str, entry: Document) -> float | None:
    if figure == "build":
        seconds: float | None = entry["build"]["seconds"]
        return seconds
    if figure == "size":
        return float(entry["size"]["bytes"])
    starts = entry.get(figure)
    return float(starts["prediction"]["median"]) if starts else None
