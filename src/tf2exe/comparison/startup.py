"""Runs a program once and measures the phases of its start, its memory and its output."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.errors import SampleError
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tf2exe.config.application import Sample

PROBE = Path(__file__).with_name("probe.py")
TIMINGS = "TF2EXE_TIMINGS"
"""The environment variable with the file for marks: lines of name, `time.perf_counter_ns`, count."""

PHASES = (
    ("launcher", "started"),
    ("imports", "imported"),
    ("model", "loaded"),
    ("prediction", "predicted"),
)
"""The phases of a start, each with the mark at its end."""

WARM_UP = 2
"""The number of predictions before steady ones: the first computes eagerly, the second traces."""

TIMEOUT = 1800.0

LAUNCHER_CODES = frozenset({*range(113, 120), 121})
"""Exit codes of the launchers (docs/reference/exit-codes.md)."""

RESULT, MARKS = "result.json", "marks"
"""Files of a run: the figures of the probe, and the marks of the program."""

Mark = tuple[str, int, int]
"""Name, nanoseconds of `time.perf_counter_ns`, count."""


@dataclass(frozen=True)
class Program:
    """A program to measure.

    Attributes:
        command: without the arguments of a sample.
        env: the complete environment.
        caches: folders that it fills at its first start.
        files: files and folders that it reads.
    """

    command: tuple[str, ...]
    env: Mapping[str, str]
    caches: tuple[Path, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class RunFigures:
    """The figures of one run.

    Attributes:
        exit_code: of the program.
        seconds: of the whole process.
        phases: seconds of each phase up to the first prediction; empty if the program writes no marks.
        rate: images per second of steady predictions; None with too few marks.
        memory: peak bytes of its largest process.
        written: bytes that it and its children wrote to files and streams.
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
        """Seconds to the first prediction; to the end of a program without marks."""
        return sum(self.phases.values()) if self.phases else self.seconds


@dataclass(frozen=True)
class PreparedRun:
    """A run that can be started.

    Attributes:
        command: the probe, which runs the program.
        env: the complete environment.
        folder: for figures and marks; `work` in it is the working directory.
        stdin: the file for standard input.
    """

    command: tuple[str, ...]
    env: Mapping[str, str]
    folder: Path
    stdin: Path | None

    @property
    def work(self) -> Path:
        """The working directory."""
        return self.folder / "work"

    @property
    def marks(self) -> list[Mark]:
        """The marks that the program has written so far."""
        file = self.folder / MARKS
        return read_marks(file.read_text(encoding="utf-8")) if file.is_file() else []


def prepare_run(program: Program, sample: Sample, folder: Path) -> PreparedRun:
    """Copies the files of a sample to a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "work").mkdir(parents=True)
    sample.copy_inputs(folder / "work")
    probe = (sys.executable, "-I", "-S", str(PROBE), str(folder / RESULT), "--")
    env = {**program.env, TIMINGS: str(folder / MARKS)}
    return PreparedRun((*probe, *program.command, *sample.arguments), env, folder, sample.stdin)


def measure_run(program: Program, sample: Sample, folder: Path) -> RunFigures:
    """Runs a sample once in a new folder.

    Raises:
        SampleError: the program failed.
    """
    run = prepare_run(program, sample, folder)
    stdin = run.stdin.read_bytes() if run.stdin else b""
    done = run_captured(
        run.command,
        cwd=run.work,
        env=run.env,
        stdin=stdin,
        timeout=TIMEOUT,
        error=SampleError,
        contained=True,
    )
    return read_figures(run, program, done.stderr.decode("utf-8", "replace"))


def read_figures(
    run: PreparedRun, program: Program, output: str, pauses: Sequence[tuple[int, int]] = ()
) -> RunFigures:
    """The figures of a run that has ended.

    Args:
        run: the run.
        program: the program.
        output: its standard error, for the message of an error.
        pauses: begin and end of each pause in nanoseconds; pauses are not counted.

    Raises:
        SampleError: the program failed.
    """
    name, result = program.command[0], run.folder / RESULT
    if not result.is_file():
        raise SampleError(f"cannot measure {name}", output.strip(), "see above")
    figures = json.loads(result.read_text(encoding="utf-8"))
    if figures["exit_code"] < 0 or figures["exit_code"] in LAUNCHER_CODES:
        lines = output.strip().splitlines()
        reason = lines[-1] if lines else f"exit code {figures['exit_code']}"
        raise SampleError(f"{name} failed", reason, "run it by hand")
    return _compute_figures(figures, run.marks, pauses)


def read_marks(text: str) -> list[Mark]:
    """Name, nanoseconds and count of each complete line."""
    lines = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [(name, int(moment), int(count)) for name, moment, count in lines]


def _compute_figures(
    figures: dict[str, int], marks: Sequence[Mark], pauses: Sequence[tuple[int, int]]
) -> RunFigures:
    def at(moment: int) -> float:
        """Seconds that the program had run at a moment, without pauses."""
        stopped = sum(min(end, moment) - begin for begin, end in pauses if begin < moment)
        return (moment - figures["begin"] - stopped) / 1e9

    predicted = [(at(moment), count) for name, moment, count in marks if name == "predicted"]
    phases: dict[str, float] = {}
    before = 0.0
    for phase, mark in PHASES:
        moment = next((moment for name, moment, _ in marks if name == mark), None)
        if moment is None:
            phases = {}
            break
        phases[phase] = at(moment) - before
        before = at(moment)
    steady = predicted[WARM_UP:]
    rate = None
    if steady:
        rate = sum(count for _, count in steady) / (steady[-1][0] - predicted[WARM_UP - 1][0])
    return RunFigures(
        exit_code=figures["exit_code"],
        seconds=at(figures["end"]),
        phases=phases,
        rate=rate,
        memory=figures.get("memory"),
        written=figures.get("written"),
        processor=figures["processor_ns"] / 1e9 if "processor_ns" in figures else None,
    )
