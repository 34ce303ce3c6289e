"""Fixtures of real launchers, which are compiled once per session."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from launcher_bench import make_bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from launcher_bench import Bench

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = "compiles and runs Linux executables"
    for item in items:
        if HERE in item.path.parents and (sys.platform != "linux" or shutil.which("gcc") is None):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def bench() -> Iterator[Bench]:
    root = Path(tempfile.mkdtemp(prefix="tf2exe-test-"))
    root.chmod(0o755)
    yield make_bench(root)
    shutil.rmtree(root)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def is_root() -> bool:
    return os.geteuid() == 0
