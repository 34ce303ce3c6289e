from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unit.tf2exe.trace.conftest import traced

from tf2exe.trace.footprint import Footprint, read_footprint
from tf2exe.trace.stage import TRACER_FOLDER, trace

if TYPE_CHECKING:
    from tests.unit.tf2exe.trace.conftest import Project


def run_traced(folder: Path, program: str) -> Footprint:
    """Runs a program under the tracer alone."""
    env = {**os.environ, "PYTHONPATH": str(TRACER_FOLDER), "TF2EXE_TRACE": str(folder)}
    subprocess.run([sys.executable, "-c", program], env=env, cwd=folder, check=False, timeout=60)
    return read_footprint(folder, ())


def test_spawned_processes_are_recorded(project: Project, tmp_path: Path) -> None:
    footprint, _ = traced(project, tmp_path, "spawn")
    assert "multiprocessing.spawn" in dict(footprint.modules)
    assert footprint.results[0].stdout.strip() == b"[1]"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("how", ["fork", "os.fork"])
def test_forked_processes_are_recorded(project: Project, tmp_path: Path, how: str) -> None:
    footprint, _ = traced(project, tmp_path, how)
    assert footprint.results[0].stdout.strip() == (b"[8]" if how == "fork" else b"[2]")
    assert str(tmp_path / "child.py") in footprint.executed
    assert str(tmp_path / "model.txt") in footprint.opened
    assert (str(tmp_path / "run.py"), str(tmp_path / "run.py")) in footprint.read_as_source


def test_the_sitecustomize_of_the_machine_runs_too(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import sys; sys.of_the_machine = True")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    text = "import sys\nprint(sys.of_the_machine)\n"
    application = project({"run.py": text}, entry="run.py", samples=[""])
    footprint = trace(application, log=Path("unused"), on_step=lambda _: None)
    assert footprint.results[0].stdout.strip() == b"True"
    assert "__main__" in dict(footprint.modules)


def test_a_module_that_replaces_itself_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("import sys, types\nsys.modules[__name__] = types.ModuleType('other')\n")
    footprint = run_traced(tmp_path, "import own")
    assert str(tmp_path / "own.py") in footprint.executed
    assert dict(footprint.modules)["own"] == ""


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
@pytest.mark.skipif(sys.platform == "win32", reason="ends processes with POSIX signals")
def test_events_of_a_killed_process_are_recorded(tmp_path: Path, end: str) -> None:
    (tmp_path / "model.txt").touch()
    footprint = run_traced(tmp_path, f"import os\nopen('model.txt').close()\n{end}")
    assert str(tmp_path / "model.txt") in footprint.opened
    assert not list(tmp_path.glob("trace-*.json"))


@pytest.mark.parametrize(
    ("call", "is_recorded"),
    [
        ("open('data.txt', 'rb')", True),
        ("os.fdopen(os.open('data.txt', os.O_RDONLY))", True),
        ("open('data.txt', 'w')", False),
        ("open('data.txt', 'r+')", False),
        ("os.fdopen(os.open('data.txt', os.O_RDWR))", False),
    ],
)
def test_only_files_opened_for_reading_are_recorded(tmp_path: Path, call: str, *, is_recorded: bool) -> None:
    (tmp_path / "data.txt").touch()
    footprint = run_traced(tmp_path, f"import os\n{call}.close()")
    assert (str(tmp_path / "data.txt") in footprint.opened) == is_recorded


def test_source_is_recorded_with_the_code_that_reads_it(tmp_path: Path) -> None:
    (tmp_path / "reader.py").write_text("import inspect\ndef read(f): return inspect.getsource(f)\n")
    (tmp_path / "own.py").write_text("def f(): pass\n")
    footprint = run_traced(tmp_path, "import own, reader\nreader.read(own.f)\nopen('own.py').close()")
    assert footprint.read_as_source == ((str(tmp_path / "own.py"), str(tmp_path / "reader.py")),)
    assert str(tmp_path / "own.py") not in footprint.opened


def test_a_record_names_its_format(tmp_path: Path) -> None:
    run_traced(tmp_path, "pass")
    (record,) = tmp_path.glob("trace-*.json")
    assert json.loads(record.read_text(encoding="utf-8"))["format"] == 1
