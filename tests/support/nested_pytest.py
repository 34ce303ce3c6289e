"""Runs pytest on a small project, for the tests of the plug-ins."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOT_INHERITED = ("PYTEST_", "CI", "BUILD", "TF2EXE_TESTS")
"""The beginnings of variables that would change the inner run."""


def run_pytest(
    project: Path, files: Mapping[str, str], *options: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Writes a project and runs its tests.

    Args:
        project: its folder.
        files: texts by path in the folder.
        options: for pytest.
        env: variables in addition to the inherited ones.
    """
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(NOT_INHERITED)}
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(
        command, cwd=project, env={**inherited, **(env or {})}, capture_output=True, text=True, check=False
    )
