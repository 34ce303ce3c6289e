"""Starts a program once and tells how long each part of its start took, and what it cost."""

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

LAUNCHERS_CODES = frozenset({*range(113, 120), 121})
"""With these the launchers end (docs/reference/exit-codes.md)."""

RESULT, MARKS = "result.json", "marks"
"""Files of a run: what the probe found, and what the program marked."""

Mark = tuple[str, int, int]
"""Name, nanoseconds of `time.perf_counter_ns`, count."""


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


@dataclass(frozen=True)
class Prepared:
    """A run that can begin.

    Attributes:
        command: the probe, which runs the program.
        env: its whole environment.
        folder: for what is written; `work` in it is the working directory.
        stdin: what the program reads from standard input.
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
        """What the program has marked so far."""
        file = self.folder / MARKS
        return read_marks(file.read_text(encoding="utf-8")) if file.is_file() else []


def prepare(program: Program, sample: Sample, folder: Path) -> Prepared:
    """Lays out a sample in a fresh folder."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "work").mkdir(parents=True)
    sample.copy_inputs(folder / "work")
    probe = (sys.executable, "-I", "-S", str(PROBE), str(folder / RESULT), "--")
    env = {**program.env, TIMINGS: str(folder / MARKS)}
    return Prepared((*probe, *program.command, *sample.arguments), env, folder, sample.stdin)


def start(program: Program, sample: Sample, folder: Path) -> Start:
    """Runs a sample once in a fresh folder.

    Raises:
        SampleError: it failed.
    """
    run = prepare(program, sample, folder)
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
    return taken(run, program, done.stderr.decode("utf-8", "replace"))


def taken(run: Prepared, program: Program, said: str, pauses: Sequence[tuple[int, int]] = ()) -> Start:
    """What a run took that has ended.

    Args:
        run: which.
        program: of what.
        said: what it wrote to its streams, for an error's text.
        pauses: begin and end of each time that it was stopped, in nanoseconds: they do not count.

    Raises:
        SampleError: it failed.
    """
    name, result = program.command[0], run.folder / RESULT
    if not result.is_file():
        raise SampleError(f"cannot measure {name}", said.strip(), "see above")
    facts = json.loads(result.read_text(encoding="utf-8"))
    if facts["exit_code"] < 0 or facts["exit_code"] in LAUNCHERS_CODES:
        lines = said.strip().splitlines()
        reason = lines[-1] if lines else f"exit code {facts['exit_code']}"
        raise SampleError(f"{name} failed", reason, "run it by hand")
    return _judge(facts, run.marks, pauses)


def read_marks(text: str) -> list[Mark]:
    """Name, nanoseconds and count of each whole line."""
    lines = [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return [(name, int(moment), int(count)) for name, moment, count in lines]


def _judge(facts: dict[str, int], marks: Sequence[Mark], pauses: Sequence[tuple[int, int]]) -> Start:
    def at(moment: int) -> float:
        """Seconds that it had run by then."""
        stopped = sum(min(end, moment) - begin for begin, end in pauses if begin < moment)
        return (moment - facts["begin"] - stopped) / 1e9

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
    return Start(
        exit_code=facts["exit_code"],
        seconds=at(facts["end"]),
        phases=phases,
        rate=rate,
        memory=facts.get("memory"),
        written=facts.get("written"),
        processor=facts["processor_ns"] / 1e9 if "processor_ns" in facts else None,
    )
