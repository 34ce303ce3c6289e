from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import SampleError
from tf2exe.system.progress import Step
from tf2exe.trace.stage import trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]

PROGRAM = """\
import inspect
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent


def work(number):
    import child
    inspect.getsource(work)
    return number + len((HERE / "model.txt").read_text())


def main():
    if sys.argv[1] == "lazy":
        import lazy
        print(lazy.NAME)
    elif sys.argv[1] == "data":
        print((HERE / "model.txt").read_text())
        pathlib.Path("written.txt").write_text("x")
    elif sys.argv[1] == "source":
        print(inspect.getsource(main)[:3])
    elif sys.argv[1] == "child":
        subprocess.run([sys.executable, "-c", "import child; print(child.NAME)"], check=True)
    elif sys.argv[1] == "spawn":
        import multiprocessing
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.map(abs, [-1]))
    elif sys.argv[1] == "fork":
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(1) as pool:
            print(pool.map(work, [1]))
    elif sys.argv[1] == "os.fork":
        import os
        if os.fork() == 0:
            work(0)
            os._exit(0)
        os.wait()
        print([2])


if __name__ == "__main__":
    main()
"""
FILES = {"run.py": PROGRAM, "model.txt": "weights", "lazy.py": "NAME = 'lazy'", "child.py": "NAME = 'child'"}


def traced(project: Project, tmp_path: Path, *samples: str) -> tuple[Footprint, list[Step]]:
    application = project(FILES, entry="run.py", samples=list(samples))
    application.build.mkdir(parents=True)
    steps: list[Step] = []
    return trace(application, log=tmp_path / "log", on_step=steps.append), steps


@pytest.fixture(scope="module", autouse=True)
def no_bytecode() -> None:
    """What is traced must not depend on what an earlier run left."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


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
    assert [answer.stdout.strip() for answer in footprint.answers] == [b"lazy", b"weights", b"def", b"child"]
    assert steps[0] == Step("trace", "lazy", 1, 4)
    if sys.platform == "linux":
        assert any("libc.so" in path for path in footprint.libraries)


def test_processes_that_are_spawned_are_seen(project: Project, tmp_path: Path) -> None:
    footprint, _ = traced(project, tmp_path, "spawn")
    assert "multiprocessing.spawn" in dict(footprint.modules)
    assert footprint.answers[0].stdout.strip() == b"[1]"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("how", ["fork", "os.fork"])
def test_processes_that_are_forked_are_seen(project: Project, tmp_path: Path, how: str) -> None:
    footprint, _ = traced(project, tmp_path, how)
    assert footprint.answers[0].stdout.strip() == (b"[8]" if how == "fork" else b"[2]")
    assert str(tmp_path / "child.py") in footprint.executed
    assert str(tmp_path / "model.txt") in footprint.opened
    assert (str(tmp_path / "run.py"), str(tmp_path / "run.py")) in footprint.read_as_source


def test_what_no_sample_uses_is_not_there(project: Project, tmp_path: Path) -> None:
    footprint, _ = traced(project, tmp_path, "data")
    assert not {"lazy", "child", "multiprocessing"} & dict(footprint.modules).keys()
    assert footprint.read_as_source == ()


def test_the_program_runs_as_its_user_starts_it(project: Project, tmp_path: Path) -> None:
    text = "import sys, os\nprint(sys.argv, os.listdir(), __name__)\n"
    application = project({"run.py": text, "photo.png": "x"}, entry="run.py", samples=["photo.png"])
    footprint = trace(application, log=tmp_path / "log", on_step=lambda _: None)
    expected = f"['{tmp_path / 'run.py'}', 'photo.png'] ['photo.png'] __main__"
    assert footprint.answers[0].stdout.decode().strip() == expected
    assert footprint.answers[0].stderr == b""


def test_the_order_is_always_the_same(project: Project, tmp_path: Path) -> None:
    footprint, _ = traced(project, tmp_path, "lazy")
    assert list(footprint.modules) == sorted(footprint.modules)


def test_without_samples_nothing_is_known(project: Project, tmp_path: Path) -> None:
    footprint, steps = traced(project, tmp_path)
    assert (footprint.modules, footprint.opened, footprint.answers, steps) == ((), (), (), [])


def test_a_sample_that_fails(project: Project, tmp_path: Path) -> None:
    application = project({"run.py": "import nowhere_at_all\n"}, entry="run.py", samples=[""])
    application.build.mkdir(parents=True)
    log = tmp_path / "log"
    with pytest.raises(SampleError, match="No module named 'nowhere_at_all'"):
        trace(application, log=log, on_step=lambda _: None)
    assert "Traceback" in log.read_text()


def test_a_sitecustomize_of_the_machine_still_runs(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import sys; sys.of_the_machine = True")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    text = "import sys\nprint(sys.of_the_machine)\n"
    application = project({"run.py": text}, entry="run.py", samples=[""])
    footprint = trace(application, log=Path("unused"), on_step=lambda _: None)
    assert footprint.answers[0].stdout.strip() == b"True"
    assert "__main__" in dict(footprint.modules)
