from __future__ import annotations

import hashlib
import os
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.config.application import Sample
from tf2exe.errors import SampleError
from tf2exe.samples import runner

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

    Project = Callable[..., Application]

PROGRAM = """\
import pathlib, sys
text = pathlib.Path("in/photo.txt").read_text()
sys.stdout.write(f"{text} {sys.argv[1:]} {sys.stdin.read()!r}\\n")
sys.stderr.write("a word\\n")
pathlib.Path("out").mkdir()
pathlib.Path("out/result.txt").write_text(text * 2)
pathlib.Path("in/changed.txt").write_text("new")
sys.exit(3)
"""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def run(program: Path, sample: Sample, folder: Path) -> runner.RunResult:
    return runner.run_sample(sample, [sys.executable, str(program)], folder=folder, env=dict(os.environ))


def test_everything_that_a_sample_answers(tmp_path: Path) -> None:
    program = tmp_path / "run.py"
    program.write_text(PROGRAM)
    for name in ("photo", "changed", "words"):
        (tmp_path / f"{name}.txt").write_text(name)
    inputs = ((tmp_path / "photo.txt", "in/photo.txt"), (tmp_path / "changed.txt", "in/changed.txt"))
    sample = Sample("one", ("--top", "two words"), tmp_path / "words.txt", inputs)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "of an earlier run").touch()
    answer = run(program, sample, folder)
    assert answer.sample == "one"
    assert answer.exit_code == 3
    assert answer.stdout == b"photo ['--top', 'two words'] 'words'" + os.linesep.encode()
    assert answer.stderr.splitlines() == [b"a word"]
    assert answer.files == (("in/changed.txt", digest("new")), ("out/result.txt", digest("photophoto")))
    assert answer.folder == folder
    assert 0 < answer.seconds < 60
    assert not (folder / "of an earlier run").exists()
    assert (tmp_path / "changed.txt").read_text() == "changed"


def test_standard_input_is_empty_unless_the_sample_has_one(tmp_path: Path) -> None:
    program = tmp_path / "run.py"
    program.write_text("import sys; print(repr(sys.stdin.read()))")
    assert run(program, Sample("", (), None, ()), tmp_path / "folder").stdout.strip() == b"''"


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="cannot run"):
        runner.run_sample(
            Sample("", (), None, ()), [str(tmp_path / "none")], folder=tmp_path / "folder", env={}
        )


def test_a_program_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "TIMEOUT", 0.2)
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(SampleError, match="did not end"):
        runner.run_sample(Sample("", (), None, ()), command, folder=tmp_path / "folder", env=dict(os.environ))


def test_how_the_application_is_started_in_python(project: Project, tmp_path: Path) -> None:
    stub = tmp_path / "stub.py"
    script = project({"run.py": ""}, entry="run.py")
    assert runner.python_command(script, stub) == [sys.executable, str(tmp_path / "run.py")]
    package = project({"app/__init__.py": "", "app/__main__.py": ""}, entry="app")
    assert runner.python_command(package, stub) == [sys.executable, "-m", "app"]
    assert not stub.exists()
    function = project({"app/cli.py": "def main():\n    print('here')\n    return 4\n"}, entry="app.cli:main")
    command = runner.python_command(function, stub)
    env = runner.python_environment(function)
    answer = runner.run_sample(Sample("", (), None, ()), command, folder=tmp_path / "folder", env=env)
    assert (answer.stdout.strip(), answer.exit_code) == (b"here", 4)


@pytest.mark.promise("parity", "Environment variables of Python do not change the reference output.")
def test_the_environment_of_python(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/of/the/user")
    monkeypatch.setenv("TF2EXE_TRACE", "/somewhere")
    monkeypatch.setenv("MY_SETTING", "kept")
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    monkeypatch.setenv("COLUMNS", "200")
    env = runner.python_environment(project({"run.py": ""}, entry="run.py"), "/first")
    assert env["PYTHONPATH"].split(os.pathsep) == ["/first", str(tmp_path), "/of/the/user"]
    assert not {"TF2EXE_TRACE", "PYTHONUNBUFFERED", "PYTHONHASHSEED", "COLUMNS"} & env.keys()
    assert env["MY_SETTING"] == "kept"


@pytest.mark.parametrize(
    ("stderr", "exit_code"),
    [("Traceback (most recent call last):\n  File ...\nValueError: no\n", 1), ("killed", -9), ("", -11)],
)
def test_a_crash_is_no_sample(
    answer: Callable[..., runner.RunResult], tmp_path: Path, stderr: str, exit_code: int
) -> None:
    log = tmp_path / "log"
    crashed = answer("", stderr, exit_code)
    with pytest.raises(SampleError, match="sample 'sample' fails in Python") as caught:
        runner.raise_if_crashed(crashed, log)
    assert caught.value.why == (stderr.strip().splitlines() or [f"exit code {exit_code}"])[-1]
    assert stderr.strip() in log.read_text()


def test_an_error_that_the_program_reports_itself_is_a_sample(
    answer: Callable[..., runner.RunResult], tmp_path: Path
) -> None:
    runner.raise_if_crashed(answer("", "run.py: no such image\n", 2), tmp_path / "log")
    assert not (tmp_path / "log").exists()
