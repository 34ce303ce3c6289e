"""The program as a process of its own: what only a real start, real pipes and a real terminal can show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import image_classifier

PROGRAM = [sys.executable, "-m", "image_classifier"]
SOURCES = str(Path(image_classifier.__file__).parents[1])


def environment(**more: str) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    return {**inherited, "PYTHONPATH": SOURCES, **more}


def start(*arguments: str | Path | bytes, **more: str) -> subprocess.CompletedProcess[bytes]:
    command = [*PROGRAM, *arguments]
    return subprocess.run(command, env=environment(**more), capture_output=True, check=False, timeout=120)


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, timeout=120
    )


def test_one_image_is_answered_quietly_in_any_locale(samples: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + "/größe.png".encode()
    os.symlink(os.fsencode(samples / "chelsea.png"), name)  # noqa: PTH211  bytes
    result = start("--top", "1", "--format", "csv", name, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert result.stderr == b""
    assert result.returncode == 0
    assert b"\n" in result.stdout
    assert b",1,282,tiger cat,0.408" in result.stdout
    assert b"\r" not in result.stdout


@pytest.mark.promise("signals", "Ctrl-C ends the classifier with exit code 130 and no traceback.")
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals and pipes of POSIX")
def test_interruption(samples: Path) -> None:
    command = [*PROGRAM, *[str(samples)] * 200, "--format", "jsonl", "--batch-size", "4"]
    program = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline().startswith('{"format": 1, ')
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=60)
    assert (program.returncode, errors) == (130, "")


# What libraries do while they are loaded: some take the exception for a failure, some for nothing.
SWALLOWED = """\
import os, signal, sys
from image_classifier.interruption import end_when_interrupted, unfinished
from pathlib import Path
end_when_interrupted()
Path("results.part").touch()
unfinished.add(Path("results.part"))
try:
    os.kill(os.getpid(), signal.SIGINT)
    sum(range(1_000_000))
except BaseException:
    raise ImportError("read this before you ask for help")
print("went on")
"""


@pytest.mark.promise("signals", "No library swallows or delays Ctrl-C.")
@pytest.mark.skipif(sys.platform == "win32", reason="needs signals of POSIX")
def test_interruption_cannot_be_swallowed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SWALLOWED]
    done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals of POSIX")
def test_an_ignored_interruption_stays_ignored(tmp_path: Path) -> None:
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + SWALLOWED
    command = [sys.executable, "-c", ignored]
    done = subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"went on\n")


@pytest.mark.promise("signals", "A closed or full output stream ends with a documented exit code.")
@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of POSIX")
@pytest.mark.parametrize(
    ("redirection", "code", "words"),
    [
        ("| true; exit ${PIPESTATUS[0]}", 141, ""),
        (">&-", 6, "standard output cannot be written (it is closed)"),
        ("2>&-", 3, ""),
        ("> /dev/full", 6, "standard output cannot be written"),
        ("2> /dev/full", 3, ""),
        ("--top=0 2> /dev/full", 2, ""),
        ("> /dev/full 2> /dev/full", 6, ""),
        ("--output /dev/full", 6, "/dev/full cannot be written"),
    ],
)
def test_streams_that_take_nothing(redirection: str, code: int, words: str) -> None:
    # Missing images are answered without TensorFlow, in more than a pipe holds.
    line = f'"$0" -m image_classifier --format jsonl $(seq 3000) {redirection}'
    result = subprocess.run(
        ["bash", "-c", line, sys.executable],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    others = [error for error in result.stderr.splitlines() if ": the file does not exist" not in error]
    assert result.returncode == code
    assert len(others) == bool(words)
    assert all(words in error for error in others)


@pytest.mark.parametrize("argument", ["--help", "--version", "missing.png", "--self-test", "--top=0"])
def test_quick_answers_load_no_libraries(argument: str) -> None:
    code = (
        "import sys; from image_classifier.command_line import main; main(sys.argv[1:])\n"
        "loaded = {'tensorflow', 'keras', 'PIL'} & sys.modules.keys(); assert not loaded, loaded"
    )
    result = python(code, argument)
    assert result.returncode == 0, result.stderr


def test_warnings_of_tensorflow_are_shown() -> None:
    code = """\
import os
from image_classifier.runtimes.chatter import without_chatter
with without_chatter():
    os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
    os.write(2, b"I0000 00:00:1795355977.589967    5385 port.cc:153] oneDNN custom operations are on.\\n")
    os.write(2, b"W0000 00:00:1795355977.589967    5385 gpu.cc:1] a real warning\\n")
    os.write(2, b"no line end")
os.write(2, b", after\\n")
"""
    command = [sys.executable, "-c", code]
    filtered = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert filtered.stderr == (
        "W0000 00:00:1795355977.589967    5385 gpu.cc:1] a real warning\nno line end, after\n"
    )
    everything = environment(TF_CPP_MIN_LOG_LEVEL="0")
    plain = subprocess.run(command, env=everything, capture_output=True, text=True, check=True)
    assert len(plain.stderr.splitlines()) == 4


def test_chatter_with_closed_standard_error() -> None:
    code = "import os; os.close(2)\nfrom image_classifier.runtimes.chatter import without_chatter\n"
    assert python(f"{code}with without_chatter(): print('inside')").stdout == "inside\n"
