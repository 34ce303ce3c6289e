from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from tests.unit.tf2exe.trace.conftest import traced

from tf2exe.errors import SampleError
from tf2exe.system.progress import Step
from tf2exe.trace.stage import trace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.tf2exe.trace.conftest import Project


def test_the_footprint_is_the_union_of_all_samples(project: Project, tmp_path: Path) -> None:
    footprint, steps = traced(project, tmp_path, "lazy", "data", "source", "child")
    modules = dict(footprint.modules)
    assert modules["lazy"] == str(tmp_path / "lazy.py")
    assert modules["child"] == str(tmp_path / "child.py")
    assert modules["subprocess"].endswith("subprocess.py")
    assert {str(tmp_path / name) for name in ("lazy.py", "child.py", "run.py")} <= set(footprint.executed)
    assert str(tmp_path / "model.txt") in footprint.opened
    assert not [path for path in footprint.opened if path.endswith("written.txt")]
    assert (str(tmp_path / "run.py"), str(tmp_path / "run.py")) in footprint.read_as_source
    assert [result.stdout.strip() for result in footprint.results] == [b"lazy", b"weights", b"def", b"child"]
    assert steps[0] == Step("trace", "lazy", 1, 4)
    if sys.platform == "linux":
        assert any("libc.so" in path for path in footprint.libraries)


def test_files_that_no_sample_uses_are_not_in_the_footprint(project: Project, tmp_path: Path) -> None:
    footprint, _ = traced(project, tmp_path, "data")
    assert not {"lazy", "child", "multiprocessing"} & dict(footprint.modules).keys()
    assert footprint.read_as_source == ()


def test_the_program_runs_as_its_user_starts_it(project: Project, tmp_path: Path) -> None:
    text = "import sys, os\nprint(sys.argv, os.listdir(), __name__)\n"
    application = project({"run.py": text, "photo.png": "x"}, entry="run.py", samples=["photo.png"])
    footprint = trace(application, log=tmp_path / "log", on_step=lambda _: None)
    expected = f"['{tmp_path / 'run.py'}', 'photo.png'] ['photo.png'] __main__"
    assert footprint.results[0].stdout.decode().strip() == expected
    assert footprint.results[0].stderr == b""


def test_modules_are_sorted(project: Project, tmp_path: Path) -> None:
    footprint, _ = traced(project, tmp_path, "lazy")
    assert list(footprint.modules) == sorted(footprint.modules)


def test_without_samples_the_footprint_is_empty(project: Project, tmp_path: Path) -> None:
    footprint, steps = traced(project, tmp_path)
    assert (footprint.modules, footprint.opened, footprint.results, steps) == ((), (), (), [])


def test_a_sample_that_fails_in_python(project: Project, tmp_path: Path) -> None:
    application = project({"run.py": "import nowhere_at_all\n"}, entry="run.py", samples=[""])
    application.build.mkdir(parents=True)
    log = tmp_path / "log"
    with pytest.raises(SampleError, match="No module named 'nowhere_at_all'"):
        trace(application, log=log, on_step=lambda _: None)
    assert "Traceback" in log.read_text()
