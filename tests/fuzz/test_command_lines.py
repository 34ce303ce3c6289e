"""Random command lines end with a documented exit code and message, without a traceback or hang."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given

from fuzzing import effort
from fuzzing.call import call
from fuzzing.command_lines import COMMAND_LINES, INPUTS, fill
from fuzzing.outcome_checks import complaints_about_command_line
from fuzzing.quick_runtime import quick_models

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS: Final = 60


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    with quick_models():
        yield


@pytest.mark.promise("input", "Any command line ends with a documented code, no traceback, no partial file.")
@pytest.mark.usefixtures("watchdog")
@effort.examples()
@given(arguments=COMMAND_LINES, stdin=INPUTS)
def test_any_command_line(arguments: list[str], stdin: bytes) -> None:
    signal.alarm(SECONDS)
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        os.chdir(folder)
        try:
            outcome = call(arguments, stdin)
        finally:
            os.chdir(before)
        left = [name for name in os.listdir(folder) if name.endswith(".part")]  # noqa: PTH208
    assert complaints_about_command_line(outcome) == []
    assert left == []
