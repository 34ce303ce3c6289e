from __future__ import annotations

import json
import os
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tf2exe.compile import compilers, nuitka
from tf2exe.compile.speculative import RESTARTED, SpeculativeBuild, predict_inputs
from tf2exe.errors import CompileError
from tf2exe.plan.stage import plan
from tf2exe.system.process import run_logged
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.compile.nuitka import NuitkaInputs
    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]

GRAPH = "import tensorflow as tf\n@tf.function\ndef f(x): ...\n"
FILES = {"run.py": "import own, graph", "own.py": "", "graph.py": GRAPH, "late.py": "x = 1\n"}


def ordered(application: Application, footprint: Footprint) -> NuitkaInputs | None:
    planned = plan(application, footprint)
    return nuitka.nuitka_inputs(application, planned.placements, planned.options)


def leave_trace(application: Application, **record: Any) -> None:  # noqa: ANN401 - what a record holds
    folder = application.build / "trace" / "sample-0"
    folder.mkdir(parents=True)
    (folder / "trace-1.json").write_text(json.dumps(record), encoding="utf-8")


@pytest.mark.promise("build", "A speculative build that differs from the plan or the sources is discarded.")
def test_it_is_what_the_plan_orders(project: Project, footprint: MakeFootprint) -> None:
    application = project(FILES, entry="run.py", compile=["rich"], jobs=3, debug=True)
    expected = predict_inputs(application)
    assert expected is not None
    assert expected == ordered(application, footprint())
    assert {path.name for path, _ in expected.sources} == {"run.py", "own.py"}
    assert {"--include-package=rich", "--jobs=3", "--nofollow-import-to=graph"} <= set(expected.flags)


def test_it_knows_what_the_last_build_s_samples_loaded(
    project: Project, footprint: MakeFootprint, tmp_path: Path
) -> None:
    application = project(FILES, entry="run.py")
    seen = {
        "modules": [["late", str(tmp_path / "late.py")]],
        "read_as_source": [[str(tmp_path / "own.py"), "/x/tensorflow/python/autograph/pyct/parser.py"]],
    }
    traced = footprint(**{key: [tuple(pair) for pair in pairs] for key, pairs in seen.items()})
    assert predict_inputs(application) != ordered(application, traced)
    leave_trace(application, **seen)
    assert predict_inputs(application) == ordered(application, traced)


@pytest.mark.promise("build", "A speculative build that differs from the plan or the sources is discarded.")
def test_a_source_that_changes_meanwhile_is_noticed(
    project: Project, footprint: MakeFootprint, tmp_path: Path
) -> None:
    application = project(FILES, entry="run.py")
    before = predict_inputs(application)
    (tmp_path / "own.py").write_text("x = 2\n", encoding="utf-8")
    assert before != ordered(application, footprint())


@pytest.mark.parametrize("left", ["", "{", "[1", '{"modules": ['])
def test_what_an_ended_build_left_is_no_obstacle(
    project: Project, footprint: MakeFootprint, left: str
) -> None:
    application = project(FILES, entry="run.py")
    leave_trace(application)
    next(application.build.rglob("trace-1.json")).write_text(left, encoding="utf-8")
    assert predict_inputs(application) == ordered(application, footprint())


def test_without_valid_sources_there_is_none(project: Project) -> None:
    assert predict_inputs(project({"run.py": "def (:"}, entry="run.py")) is None
    assert predict_inputs(project({"run.py": GRAPH}, entry="run.py")) is None  # nothing is compiled


@pytest.fixture
def begin(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., SpeculativeBuild]:
    """Starts other programs in place of Nuitka, to test when they run and how they end."""

    def make(*programs: str) -> SpeculativeBuild:
        waiting = list(programs)

        def run(_command: list[str], **rest: Any) -> None:  # noqa: ANN401 - as run_logged
            code = waiting.pop(0).replace("OBSERVED", repr(str(tmp_path / "observed")))
            run_logged([sys.executable, "-c", code], **rest)

        monkeypatch.setattr(nuitka, "run_logged", run)
        application = project(FILES, entry="run.py", mode="standalone")
        return SpeculativeBuild(application, compilers.select_compiler("auto"), tmp_path / "build.log")

    return make


SLEEPS = "import os, time; print('process', os.getpid(), flush=True); time.sleep(60)"
SPEAKS = """
import pathlib, time
print('Nuitka: Generating source code for C backend compiler.', flush=True)
while not pathlib.Path(OBSERVED).exists(): time.sleep(0.01)
"""
"""Ends once its step was observed."""


class Observer:
    """Keeps the steps; creates a file once C is written."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.steps: list[Step] = []

    def __call__(self, step: Step) -> None:
        self.steps.append(step)
        if step.activity == "generate":
            self.file.touch()


def process_of(log: Path) -> int:
    """Once the program has told its number."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        text = log.read_text(encoding="utf-8") if log.exists() else ""
        if (found := re.search(r"^process (\d+)\n", text, re.MULTILINE)) is not None:
            return int(found[1])
        time.sleep(0.02)
    pytest.fail("it did not start")


def has_ended(process: int) -> bool:
    """Whether its parent has it taken away."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="asks with signals")


@ON_POSIX
def test_leaving_ends_it(begin: Callable[..., SpeculativeBuild], tmp_path: Path) -> None:
    with begin(SLEEPS):
        process = process_of(tmp_path / "build/run/compile/nuitka.log")
        assert not has_ended(process)
    assert has_ended(process)
    assert not (tmp_path / "build.log").exists()


@ON_POSIX
def test_it_begins_anew_where_the_plan_is_another(
    begin: Callable[..., SpeculativeBuild], project: Project, footprint: MakeFootprint, tmp_path: Path
) -> None:
    with begin(SLEEPS, SPEAKS) as begun:
        process = process_of(tmp_path / "build/run/compile/nuitka.log")
        wanted = ordered(project({"own.py": "x = 3\n"}, entry="run.py"), footprint())
        observer = Observer(tmp_path / "observed")
        with pytest.raises(CompileError, match="Nuitka wrote no module") as caught:
            begun.native_module(wanted, observer)
        assert has_ended(process)
    assert caught.value.log == tmp_path / "build.log"
    text = (tmp_path / "build.log").read_text(encoding="utf-8")
    assert RESTARTED in text
    assert "Generating source code" in text
    assert "process" not in text


@ON_POSIX
def test_it_ends_where_the_plan_orders_nothing(
    begin: Callable[..., SpeculativeBuild], tmp_path: Path
) -> None:
    with begin(SLEEPS) as begun:
        process = process_of(tmp_path / "build/run/compile/nuitka.log")
        assert begun.native_module(None, lambda _line: None) is None
        assert has_ended(process)


def test_what_it_does_is_shown_once_the_plan_is_there(
    begin: Callable[..., SpeculativeBuild], project: Project, footprint: MakeFootprint, tmp_path: Path
) -> None:
    with begin(SPEAKS) as begun:
        observer = Observer(tmp_path / "observed")
        with pytest.raises(CompileError, match="Nuitka wrote no module"):
            begun.native_module(ordered(project({}, entry="run.py"), footprint()), observer)
    assert observer.steps[-1] == Step("generate")
    assert RESTARTED not in (tmp_path / "build.log").read_text(encoding="utf-8")
