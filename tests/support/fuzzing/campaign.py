"""Runs workers on many malformed files; detects crashes and hangs, and finds the file that causes them."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import image_classifier

HERE: Final = Path(__file__).resolve().parents[1]
SOURCES: Final = Path(image_classifier.__file__).resolve().parents[1]
END: Final = b""
PATIENCE: Final = 120.0  # seconds of wall-clock time for one call, on a busy machine


@dataclass
class Report:
    """The result of a campaign.

    Attributes:
        tried: The number of files.
        peak: The peak memory of a worker, in megabytes.
        failures: Numbers of files, with complaints.
    """

    tried: int = 0
    peak: int = 0
    failures: list[str] = field(default_factory=list)


def campaign(first: int, last: int, size: int = 16, worker: str = "fuzzing.worker") -> Report:
    """Tries the files with numbers from `first` to `last - 1`, `size` of them per call."""
    report = Report()
    while first < last:
        first = _one_worker(first, last, size, worker, report)
    return report


def _one_worker(first: int, last: int, size: int, worker: str, report: Report) -> int:
    """Runs a worker until it has finished, died or hung.

    Returns:
        The number of the next file.
    """
    command = [sys.executable, "-m", worker, str(first), str(last), str(size)]
    path = os.pathsep.join((str(SOURCES), str(HERE), os.environ.get("PYTHONPATH", "")))
    env = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=_forward, args=(process.stdout, lines), daemon=True).start()
        numbers = range(first, first)
        while (line := _next(lines)) != END and line is not None:
            said: dict[str, Any] = json.loads(line)
            if "start" in said:
                numbers = range(*said["start"])
                continue
            report.tried += len(numbers)
            report.peak = max(report.peak, said["peak"])
            if said["found"]:
                _blame(numbers, said["found"], worker, report)
            numbers = range(numbers.stop, numbers.stop)
        if numbers.stop == last and not numbers:
            return last
        if line is None:
            process.kill()
        errors = process.stderr.read()
    if not numbers:
        raise RuntimeError(f"the worker does not work: {errors.decode()[-2000:]}")
    report.tried += len(numbers)
    how = "hangs" if line is None else f"died with {process.returncode}: {errors.decode()[-500:]}"
    _blame(numbers, [how], worker, report)
    return numbers.stop


def _blame(numbers: range, found: list[str], worker: str, report: Report) -> None:
    """Tries the files of a call one by one, to find the one that causes the fault."""
    if len(numbers) == 1:
        report.failures += [f"{numbers.start}: {what}" for what in found]
        return
    alone = campaign(numbers.start, numbers.stop, size=1, worker=worker)
    report.peak = max(report.peak, alone.peak)
    report.failures += alone.failures or [
        f"{numbers.start} to {numbers.stop}, together: {what}" for what in found
    ]


def _forward(stream: IO[bytes], lines: queue.Queue[bytes]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(END)


def _next(lines: queue.Queue[bytes]) -> bytes | None:
    """The next line; None if the worker prints nothing for too long."""
    try:
        return lines.get(timeout=PATIENCE)
    except queue.Empty:
        return None
