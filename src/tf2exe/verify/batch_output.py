"""Takes the answer of many joined cases apart: each case has a line of standard output, and messages."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tf2exe.samples.corpus import Case
    from tf2exe.samples.runner import RunResult


def part_of(answer: RunResult, cases: tuple[Case, ...], position: int) -> RunResult:
    """What one of the joined cases was answered: its own line, and the messages that name it."""
    lines = io.BytesIO(answer.stdout).readlines()
    argument = cases[position].sample.arguments[-1].encode("utf-8", "surrogateescape")
    messages = [line for line in io.BytesIO(answer.stderr) if argument in line]
    return replace(
        answer,
        sample=cases[position].sample.name,
        exit_code=0,
        stdout=lines[position] if position < len(lines) else b"",
        stderr=b"".join(messages),
        files=(),
    )
