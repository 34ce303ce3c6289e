from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tf2exe.trace.stage import trace

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.system.progress import Step
    from tf2exe.trace.footprint import Footprint

Project = Callable[..., "Application"]

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
    """The footprint must not depend on bytecode that an earlier run wrote."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
