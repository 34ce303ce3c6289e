"""Ctrl-C, streams and locales: both modes match Python, print no traceback and leave no files."""

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

    from executables import Builder, Executable

    Moment = Callable[[subprocess.Popen[bytes]], None]

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTO = str(CHECKOUT / "assets" / "samples" / "rocket.jpg")
MANY = [*[PHOTO] * 2000, "--format", "jsonl", "--batch-size", "4"]
INTERRUPTED = 130

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and streams of POSIX")


def after_seconds(number: float) -> Moment:
    return lambda _: time.sleep(number)


def loading_tensorflow(process: subprocess.Popen[bytes]) -> None:
    """Waits until TensorFlow's library is mapped. The import takes another second or two."""
    maps = Path("/proc") / str(process.pid) / "maps"
    while "libtensorflow" not in maps.read_text(encoding="utf-8", errors="replace"):
        assert process.poll() is None
        time.sleep(0.01)


def compiled_module_loaded(milliseconds: float) -> Moment:
    """Waits for some time after the compiled module was mapped, when Nuitka's runtime starts."""

    def wait(process: subprocess.Popen[bytes]) -> None:
        maps = Path("/proc") / str(process.pid) / "maps"
        while b"/__main__." not in maps.read_bytes():
            assert process.poll() is None
        end = time.perf_counter() + milliseconds / 1000
        while time.perf_counter() < end:
            pass

    return wait


def predicting(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b'{"format": 1, ')


def interrupt(command: list[str], env: dict[str, str], moment: Moment, folder: Path) -> tuple[int, bytes]:
    """Sends SIGINT at a moment; returns the exit code as a shell shows it, and standard error."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=env, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        moment(process)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    code = process.returncode
    return (128 - code if code < 0 else code), stderr


WHILE_IT_RUNS = {"loading TensorFlow": loading_tensorflow, "predicting": predicting}
"""Moments after the first line of the program. Before that, Python itself prints a traceback."""
FROM_THE_START = {f"after {n} s": after_seconds(n) for n in (0.4, 0.8, 1.6)}
FIRST_MILLISECONDS = range(40)
"""After the compiled module was mapped: Nuitka's runtime starts, and then the program."""


@pytest.mark.promise("signals", "Ctrl-C ends the classifier with exit code 130 and no traceback.")
@pytest.mark.parametrize("moment", WHILE_IT_RUNS)
def test_interrupting_python_prints_nothing(builder: Builder, tmp_path: Path, moment: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src"), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "image_classifier", *MANY]
    assert interrupt(command, env, WHILE_IT_RUNS[moment], builder.folder) == (INTERRUPTED, b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.promise("signals", "Ctrl-C ends the classifier with exit code 130 and no traceback.")
@pytest.mark.promise("signals", "Ctrl-C leaves neither partial output nor temporary files.")
@pytest.mark.parametrize("moment", [*WHILE_IT_RUNS, *FROM_THE_START])
def test_interrupting_the_executable_prints_nothing(
    classifier: Executable, tmp_path: Path, moment: str
) -> None:
    assert classifier.run("--version").exit_code == 0  # the onefile is unpacked
    env = {"PATH": "/nowhere", "HOME": str(classifier.home), "TMPDIR": str(tmp_path)}
    waiting = {**WHILE_IT_RUNS, **FROM_THE_START}[moment]
    command = [str(classifier.program), *MANY]
    assert interrupt(command, env, waiting, classifier.home) == (INTERRUPTED, b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.promise("signals", "Ctrl-C during start-up is deferred to the program's first line.")
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_interrupt_while_the_program_starts(classifier: Executable) -> None:
    assert classifier.run("--version").exit_code == 0  # the onefile is unpacked
    env = {"PATH": "/nowhere", "HOME": str(classifier.home)}
    command = [str(classifier.program), *MANY]
    said = []
    for milliseconds in FIRST_MILLISECONDS:
        moment = compiled_module_loaded(milliseconds)
        code, stderr = interrupt(command, env, moment, classifier.home)
        assert code == INTERRUPTED, (milliseconds, stderr)
        said += [stderr] if stderr else []
    # The first line takes microseconds: one of 1,200 signals hits it, or more on a slow processor.
    assert len(said) <= len(FIRST_MILLISECONDS) // 10
    assert all(b"__main__.py" in text and text.endswith(b"\nKeyboardInterrupt\n") for text in said)


@pytest.mark.promise("signals", "Ctrl-C during start-up is deferred to the program's first line.")
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_interrupt_of_a_program_without_a_handler(builder: Builder) -> None:
    """The program may print a traceback of its own lines, but Nuitka's runtime works."""
    built = builder.program("import_inside_function", "--sample", "", mode="standalone")
    assert built.run().exit_code == 0
    env = {"PATH": "/nowhere", "HOME": str(built.home)}
    for milliseconds in FIRST_MILLISECONDS:
        moment = compiled_module_loaded(milliseconds)
        code, stderr = interrupt([str(built.program), "wait"], env, moment, built.home)
        assert code == INTERRUPTED, (milliseconds, stderr)
        assert stderr == b"" or stderr.splitlines()[-1].startswith(b"KeyboardInterrupt"), milliseconds


@pytest.mark.promise("signals", "If SIGINT is ignored, it stays ignored.")
def test_ignored_interrupt_stays_ignored(classifier: Executable) -> None:
    """SIGINT is ignored from the start, as in a background job of a shell script."""
    env = {"PATH": "/nowhere", "HOME": str(classifier.home)}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child inherits it
    try:
        process = subprocess.Popen([str(classifier.program), "--version"], env=env, stdout=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.001)
        assert process.stdout is not None
        assert process.returncode == 0
        assert process.stdout.read().startswith(b"image-classifier ")


@pytest.mark.promise("signals", "Ctrl-C leaves neither partial output nor temporary files.")
def test_interrupt_leaves_no_output_file(classifier: Executable, tmp_path: Path) -> None:
    env = {"PATH": "/nowhere", "HOME": str(classifier.home)}

    def writing(process: subprocess.Popen[bytes]) -> None:
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            assert process.poll() is None
            time.sleep(0.01)

    command = [str(classifier.program), *MANY, "--output", "results.jsonl"]
    assert interrupt(command, env, writing, tmp_path) == (INTERRUPTED, b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.promise("signals", "Output is UTF-8 in any locale.")
@pytest.mark.parametrize("variables", [{}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LANG": "no-such.locale"}])
def test_output_is_utf_8_in_any_locale(
    classifier: Executable, tmp_path: Path, variables: dict[str, str]
) -> None:
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


@pytest.mark.promise("signals", "A closed pipe ends the program without a message.")
@pytest.mark.parametrize("reader", ["head -c 1", "head -n 3", "true"])
def test_closed_pipe_matches_python(classifier: Executable, tmp_path: Path, reader: str) -> None:
    """The output is many times larger than a pipe's buffer, so the reader ends first."""
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
