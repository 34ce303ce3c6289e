"""Sets the effort of the session; fixtures for a time limit and an empty folder."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from fuzzing import effort

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_configure(config: pytest.Config) -> None:
    effort.set_effort(config.getoption("--hypothesis-profile", None))


def _hangs(*_: object) -> None:
    raise TimeoutError("still running")


@pytest.fixture
def watchdog() -> Iterator[None]:
    """Ends a test that hangs. Each example calls `signal.alarm` with its limit."""
    if not hasattr(signal, "SIGALRM"):
        pytest.skip("this system has no alarms")
    before = signal.signal(signal.SIGALRM, _hangs)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
