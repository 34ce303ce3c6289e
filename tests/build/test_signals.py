"""Ctrl-C, streams and locales: Python and both modes end alike, without a traceback and without leftovers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.build.conftest import Builder, Built

    Moment = Callable[[subprocess.Popen[bytes]], None]

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTO = str(CHECKOUT / "assets" / "samples" / "rocket.jpg")
MANY = [*[PHOTO] * 2000, "--format", "jsonl", "--batch-size", "4"]
INTERRUPTED = 130

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and streams of POSIX")


def seconds(number: float) -> Moment:
    return lambda _: time.sleep(number)


def loading_tensorflow(process: subprocess.Popen[bytes]) -> None:
    """TensorFlow's libraries are mapped: the import goes on for another second or two."""
    maps = Path("/proc") / str(process.pid) / "maps"
    while "libtensorflow" not in maps.read_text(encoding="utf-8", errors="replace"):
        assert process.poll() is None
        time.sleep(0.01)


def predicting(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b'{"format": 1, ')


def interrupted(command: list[str], env: dict[str, str], moment: Moment, folder: Path) -> tuple[int, bytes]:
    """The exit code as a shell shows it, and what was said."""
    with subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        moment(process)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    code = process.returncode
    return (128 - code if code < 0 else code), stderr


WHILE_IT_RUNS = {"loading TensorFlow": loading_tensorflow, "predicting": predicting}
"""Moments of the program; before its first line, Python itself answers with a traceback."""
FROM_THE_START = {f"after {n} s": seconds(n) for n in (0.4, 0.8, 1.6)}
"""Not in the first hundredths of a second: there Nuitka's runtime begins, which knows no interruption."""


@pytest.mark.parametrize("moment", WHILE_IT_RUNS)
def test_python_is_interrupted(builder: Builder, tmp_path: Path, moment: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src"), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "image_classifier", *MANY]
    assert interrupted(command, env, WHILE_IT_RUNS[moment], builder.folder) == (INTERRUPTED, b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("moment", [*WHILE_IT_RUNS, *FROM_THE_START])
def test_the_executable_is_interrupted(classifier: Built, tmp_path: Path, moment: str) -> None:
    assert classifier.run("--version").exit_code == 0  # the onefile is unpacked
    env = {"PATH": "/nowhere", "HOME": str(classifier.home), "TMPDIR": str(tmp_path)}
    waiting = {**WHILE_IT_RUNS, **FROM_THE_START}[moment]
    command = [str(classifier.program), *MANY]
    assert interrupted(command, env, waiting, classifier.home) == (INTERRUPTED, b"")
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_no_output_file(classifier: Built, tmp_path: Path) -> None:
    env = {"PATH": "/nowhere", "HOME": str(classifier.home)}

    def writing(process: subprocess.Popen[bytes]) -> None:
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            assert process.poll() is None
            time.sleep(0.01)

    command = [str(classifier.program), *MANY, "--output", "results.jsonl"]
    assert interrupted(command, env, writing, tmp_path) == (INTERRUPTED, b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("variables", [{}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "no-such.locale"}])
def test_output_is_utf_8_in_any_locale(classifier: Built, tmp_path: Path, variables: dict[str, str]) -> None:
    names = ["kaffee-äöü-☕.png", "日本語.jpg", os.fsdecode(b"no text \xff.png")]
    env = {"PATH": "/nowhere", "HOME": str(classifier.home), **variables}

    def answer(*program: str, **more: str) -> subprocess.CompletedProcess[bytes]:
        command = [*program, *names, "--format", "json"]
        return subprocess.run(command, cwd=tmp_path, env={**env, **more}, capture_output=True, check=False)

    ours = answer(str(classifier.program))
    theirs = answer(sys.executable, "-m", "image_classifier", PYTHONPATH=str(CHECKOUT / "src"))
    assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)
    assert "kaffee-äöü-☕.png" in ours.stdout.decode()
    assert "日本語.jpg" in ours.stderr.decode()


@pytest.mark.parametrize("reader", ["head -c 1", "head -n 3", "true"])
def test_a_pipe_that_ends_early_is_quiet(classifier: Built, tmp_path: Path, reader: str) -> None:
    """Many times what a pipe holds, so that the reader has gone before the end."""
    line = f'("$@" --format csv $(seq 20000) 2>errors; echo $? >code) | {reader}'
    said = []
    python = [sys.executable, "-m", "image_classifier"]
    for command, name in ((python, "python"), ([str(classifier.program)], "executable")):
        folder = tmp_path / name
        folder.mkdir()
        env = {
            "PATH": "/bin:/usr/bin",
            "HOME": str(classifier.home),
            **({"PYTHONPATH": str(CHECKOUT / "src")} if command is python else {}),
        }
        done = subprocess.run(
            ["/bin/sh", "-c", line, "sh", *command], cwd=folder, env=env, capture_output=True, check=True
        )
        errors = (folder / "errors").read_bytes().splitlines()
        said.append((done.stdout, (folder / "code").read_text().strip()))
        assert not [text for text in errors if b": the file does not exist" not in text]
    assert said[0] == said[1]
    assert said[0][1] == "141"
