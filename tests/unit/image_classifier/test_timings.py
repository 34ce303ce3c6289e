from __future__ import annotations

import time
from typing import TYPE_CHECKING

from image_classifier import timings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_nothing_is_written_unless_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(timings.VARIABLE, raising=False)
    timings.mark("started")
    monkeypatch.setenv(timings.VARIABLE, str(tmp_path / "no" / "folder"))
    timings.mark("started")
    assert list(tmp_path.iterdir()) == []


def test_marks_are_lines_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(timings.VARIABLE, str(tmp_path / "marks"))
    timings.mark("started", at=timings.BEGIN)
    timings.mark("predicted", 32)
    first, second = (line.split() for line in (tmp_path / "marks").read_text().splitlines())
    assert first == ["started", str(timings.BEGIN), "1"]
    assert (second[0], second[2]) == ("predicted", "32")
    assert timings.BEGIN < int(second[1]) <= time.perf_counter_ns()
