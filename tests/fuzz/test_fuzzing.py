"""Tests of the fuzzer: it detects faults, and names the file that causes them."""

from __future__ import annotations

import contextlib
import json
import queue
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from fuzzing import campaign as module
from fuzzing.call import Outcome
from fuzzing.campaign import campaign
from fuzzing.mutate import malformed_file
from fuzzing.outcome_checks import complaints_about_command_line, complaints_about_images

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ["good.png", "bad\n.png"]
ANSWERS: Final[list[dict[str, Any]]] = [
    {"image": NAMES[0], "predictions": [{"probability": 0.6}, {"probability": 0.25}]},
    {"image": NAMES[1], "error": {"code": "damaged", "message": "the image is damaged; copy it again"}},
]
LINE: Final = b"image-classifier: error: bad\\n.png: the image is damaged; copy it again\n"


def outcome(code: int | None = 3, stderr: bytes = LINE, answers: object = ANSWERS) -> Outcome:
    lines = answers if isinstance(answers, list) else [answers]
    return Outcome(code, "".join(json.dumps(line) + "\n" for line in lines).encode(), stderr, 0.1)


def test_good_outcome_has_no_complaints() -> None:
    assert complaints_about_images(NAMES, outcome()) == []
    assert complaints_about_command_line(outcome()) == []


@pytest.mark.promise("input", "The fuzzer detects crashes, hangs and excess, and names the file.")
@pytest.mark.parametrize(
    "bad",
    [
        outcome(code=0),
        outcome(code=None),
        outcome(code=1),
        outcome(stderr=b""),
        outcome(stderr=LINE + LINE),
        outcome(stderr=b"TIFFReadDirectory: Warning\n" + LINE),
        outcome(stderr=LINE + b"Traceback (most recent call last):\n"),
        outcome(answers=ANSWERS[:1]),
        outcome(answers=ANSWERS[::-1]),
        outcome(answers=[{**ANSWERS[0], "predictions": []}, ANSWERS[1]]),
        outcome(answers=[{**ANSWERS[0], "predictions": [{"probability": float("nan")}]}, ANSWERS[1]]),
        outcome(answers=[ANSWERS[0], {"image": NAMES[1], "error": {"code": "odd", "message": "odd"}}]),
        outcome(
            answers=[ANSWERS[0], {"image": NAMES[1], "error": {"code": "damaged", "message": "<X at 0x7f>"}}]
        ),
        replace(outcome(), stdout=b"no JSON"),
    ],
)
def test_every_fault_of_an_outcome_is_detected(bad: Outcome) -> None:
    assert complaints_about_images(NAMES, bad)


@pytest.mark.parametrize(
    "bad",
    [
        outcome(code=1),
        outcome(code=None),
        outcome(code=0),
        outcome(stderr=b"what?\n"),
        outcome(2, b"usage: x\n"),
    ],
)
def test_every_fault_of_a_command_line_is_detected(bad: Outcome) -> None:
    assert complaints_about_command_line(bad)


def test_number_determines_the_file() -> None:
    files = [malformed_file(number) for number in range(300)]
    assert [malformed_file(number) for number in range(300)] == files
    assert len({file.content for file in files}) > 250


FAULTS: Final = {
    "dies": ("os.abort()", "died with -6"),
    "takes memory": ("kept.append(b'x' * 500_000_000)", "memory grew"),
    "takes time": ("burn(worker.MOST_SECONDS)", "s of processor time"),
    "prints": ("os.write(2, b'libtiff says\\n')", "standard error is not a line for each bad image"),
    "raises": ("raise KeyError('x')", "exit code None"),
    "hangs": ("hanging.touch(); time.sleep(600)", "hangs"),
}
FAULTY: Final = """\
import os, sys, time
from pathlib import Path
from fuzzing import call, quick_runtime, worker
main, kept, hanging = call.main, [], Path({hanging!r})
worker.MOST_SECONDS = 2.0  # a call takes 0.05

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def faulty(arguments):
    if any(name.startswith("5.") for name in arguments):
        {fault}
    return main(arguments)

call.main = faulty
with quick_runtime.quick_models():
    worker.work(*map(int, sys.argv[1:4]))
"""


@pytest.mark.promise("input", "The fuzzer detects crashes, hangs and excess, and names the file.")
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_traced_to_its_file(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "hanging"

    def next_line(lines: queue.Queue[bytes]) -> bytes | None:
        """Returns None as soon as the worker hangs, independent of its speed so far."""
        while True:
            with contextlib.suppress(queue.Empty):
                return lines.get(timeout=0.1)
            if hanging.exists():
                hanging.unlink()
                return None

    code, words = FAULTS[fault]
    (tmp_path / "faulty.py").write_text(FAULTY.format(hanging=str(hanging), fault=code))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "_next", next_line)
    report = campaign(0, 20, size=8, worker="faulty")
    assert report.tried == 20
    assert {failure.partition(": ")[0] for failure in report.failures} == {"5"}
    assert words in "\n".join(report.failures)


def test_silent_worker_counts_as_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    lines: queue.Queue[bytes] = queue.Queue()
    lines.put(b"{}\n")
    assert [module._next(lines), module._next(lines)] == [b"{}\n", None]  # noqa: SLF001 - what campaigns wait with
