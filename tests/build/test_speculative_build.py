"""Nuitka starts before the samples have shown what the program loads."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.compile.speculative import RESTARTED

if TYPE_CHECKING:
    from pathlib import Path

    from executables import Builder

FAILS_DURING_NUITKA = """
import pathlib, time

def is_nuitka(process):
    try:
        command = (process / "cmdline").read_bytes().split(b"\\0")
        return b"nuitka" in command and (process / "cwd").readlink().is_relative_to(%r)
    except OSError:  # it has ended
        return False

for _ in range(2000):
    if any(map(is_nuitka, pathlib.Path("/proc").glob("[0-9]*"))):
        1 / 0
    time.sleep(0.05)
"""
BY_NAME = "import importlib, sys\nprint(importlib.import_module('plug' + sys.argv[1]).answer())\n"


@pytest.mark.promise("build", "A speculative build that differs from the plan or the sources is discarded.")
def test_module_that_only_a_sample_imports_is_compiled(builder: Builder, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(BY_NAME, encoding="utf-8")
    (tmp_path / "plug_in.py").write_text("def answer():\n    return 42\n", encoding="utf-8")
    command = [
        "build",
        "app.py",
        "--sample",
        "_in",
        "--mode",
        "standalone",
        *builder.folder_options(tmp_path),
    ]
    log = tmp_path / "build" / "app" / "build.log"
    for restarts in (True, False):  # the second build predicts it from the first
        answer = builder.tf2exe(*command, cwd=tmp_path)
        assert answer.exit_code == 0, answer.stderr.decode()
        assert b"1 of 1 sample matches Python" in answer.stderr
        text = log.read_text(encoding="utf-8")
        assert (RESTARTED in text) is restarts
        assert text.count("-m nuitka ") == 1
        assert "--include-module=plug_in" in text
    done = subprocess.run([tmp_path / "dist/app/app", "_in"], capture_output=True, env={}, check=True)
    assert done.stdout == b"42\n"


@pytest.mark.promise("build", "A build that fails or is interrupted leaves no executable and no process.")
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_failed_build_stops_speculative_nuitka(builder: Builder, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FAILS_DURING_NUITKA % str(tmp_path), encoding="utf-8")
    answer = builder.tf2exe(
        "build", "app.py", "--sample", "", *builder.folder_options(tmp_path), cwd=tmp_path
    )
    assert answer.exit_code == 4  # a sample fails
    assert b"ZeroDivisionError" in answer.stderr
    assert (tmp_path / "build/app/compile/nuitka.log").exists(), "Nuitka had not started"
    assert "-m nuitka" not in (tmp_path / "build/app/build.log").read_text(encoding="utf-8")
    assert not builder.processes_in(tmp_path)
