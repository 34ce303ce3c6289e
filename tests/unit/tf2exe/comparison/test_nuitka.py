"""Plain Nuitka, without compiling for hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from tf2exe.comparison import nuitka

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

    Project = Callable[..., Application]


def test_the_time_limit_stops_nuitka(project: Project, tmp_path: Path) -> None:
    application = project({"run.py": "print(1)"}, entry="run.py")
    seconds, _, problem = nuitka.build(application, tmp_path, minutes=0.005)
    assert problem == "not finished after 0.005 minutes"
    assert seconds >= 0.3
    assert not [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == str(tmp_path)]


def test_a_failure_names_the_log(project: Project, tmp_path: Path) -> None:
    application = project({"run.py": "print(1"}, entry="run.py")
    _, _, problem = nuitka.build(application, tmp_path, minutes=5)
    log = tmp_path / "nuitka.log"
    assert problem.endswith(f" failed: exit code 1; see {log}")
    assert log.read_text().endswith("\nexit code 1\n")
