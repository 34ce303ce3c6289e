"""Which effort is asked for; a folder to try things in."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from fuzzing import effort

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure(config: pytest.Config) -> None:
    effort.choose(config.getoption("--hypothesis-profile", None))


def _hangs(*_: object) -> None:
    raise TimeoutError("still running")


@pytest.fixture
def watchdog() -> Iterator[None]:
    """Ends what hangs; `signal.alarm` must be called anew for each example."""
    if not hasattr(signal, "SIGALRM"):
        pytest.skip("this system has no alarms")
    before = signal.signal(signal.SIGALRM, _hangs)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
