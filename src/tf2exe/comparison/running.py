"""Starts a program once and tells how long each part of its start took, and what it cost."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.errors import SampleError
from tf2exe.process import capture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tf2exe.application import Sample

PROBE = Path(__file__).with_name("probe.py")
TIMINGS = "TF2EXE_TIMINGS"
"""The variable that asks a program for marks: lines of name, nanoseconds of `time.perf_counter_ns`, count."""

PHASES = (
    ("launcher", "started"),
    ("imports", "imported"),
    ("model", "loaded"),
    ("prediction", "predicted"),
)
"""The parts of a start, each with the mark that ends it."""

WARM_UP = 2
"""Predictions that are not steady yet: the first computes eagerly, the second traces."""

TIMEOUT = 1800.0


@dataclass(frozen=True)
class Program:
    """What is started.

    Attributes:
        command: without the arguments of a sample.
        env: its whole environment.
        caches: folders that it fills at its first start.
        files: files and folders that it reads.
    """

    command: tuple[str, ...]
    env: Mapping[str, str]
    caches: tuple[Path, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Start:
    """What one run took.

    Attributes:
        exit_code: of the program.
        seconds: of the whole process.
        phases: seconds of each part up to the first prediction; empty: the program gives no marks.
        rate: images per second once it runs steadily; None: too few marks.
        memory: of its largest process, at the most, in bytes.
        written: bytes that it and its children wrote, to files and streams.
        processor: seconds of all processors.
    """

    exit_code: int
    seconds: float
    phases: dict[str, float]
    rate: float | None
    memory: int | None
    written: int | None
    processor: float | None

    @property
    def to_prediction(self) -> float:
        """Seconds to the first prediction; of a program without marks, to its end."""
        return sum(self.phases.values()) if self.phases else self.seconds


def start(program: Program, sample: Sample, folder: Path) -> Start:
    """Runs a sample once in a fresh folder.

    Raises:
        SampleError: it failed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / "work"
    work.mkdir(parents=True)
    sample.lay_out(work)
    result, marks = folder / "result.json", folder / "marks"
    command = [sys.executable, "-I", "-S", str(PROBE), str(result), "--", *program.command, *sample.arguments]
    stdin = sample.stdin.read_bytes() if sample.stdin else b""
    env = {**program.env, TIMINGS: str(marks)}
    done = capture(command, cwd=work, env=env, stdin=stdin, timeout=TIMEOUT, error=SampleError)
    if not result.is_file():
        raise SampleError(
            f"cannot measure {program.command[0]}",
            done.stderr.decode("utf-8", "replace").strip(),
            "see above",
        )
    facts = json.loads(result.read_text(encoding="utf-8"))
    if facts["exit_code"] < 0 or facts["exit_code"] in range(113, 120):
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SampleError(
            f"{program.command[0]} failed",
            lines[-1] if lines else f"exit code {facts['exit_code']}",
            "run it by hand",
        )
    return _judge(facts, marks.read_text(encoding="utf-8") if marks.is_file() else "")


def _judge(facts: dict[str, int], text: str) -> Start:
    marks = [(name, int(moment), int(count)) for name, moment, count in map(str.split, text.splitlines())]
    predicted = [(moment, count) for name, moment, count in marks if name == "predicted"]
    phases: dict[str, float] = {}
    before = facts["begin"]
    for phase, mark in PHASES:
        moment = next((moment for name, moment, _ in marks if name == mark), None)
        if moment is None:
            phases = {}
            break
        phases[phase] = (moment - before) / 1e9
        before = moment
    steady = predicted[WARM_UP:]
    rate = None
    if steady:
        rate = sum(count for _, count in steady) / ((steady[-1][0] - predicted[WARM_UP - 1][0]) / 1e9)
    return Start(
        exit_code=facts["exit_code"],
        seconds=(facts["end"] - facts["begin"]) / 1e9,
        phases=phases,
        rate=rate,
        memory=facts.get("memory"),
        written=facts.get("written"),
        processor=facts["processor_ns"] / 1e9 if "processor_ns" in facts else None,
    )
