"""Real executables with some of the malformed files and command lines of `tests/fuzz`."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from fuzzing.call import Outcome
from fuzzing.command_lines import COMMAND_LINES, INPUTS, fill
from fuzzing.mutate import malformed_file
from fuzzing.outcome_checks import complaints_about_command_line, complaints_about_images
from fuzzing.seeds import seeds

if TYPE_CHECKING:
    from executables import Builder, Executable, ProgramResult

SECONDS: Final = 300  # wall-clock time after which a run counts as hanging, on a busy machine
MAX_MEMORY: Final = 2500  # megabytes per process; the largest accepted image takes 1,500
FILES_PER_CALL: Final = 50
GOOD: Final = "good.png"
OTHER_RUNTIME: Final = b" needs the runtime tensorflow, which is not here "
COMMAND: Final = ["--format", "jsonl", "--top", "2"]


@pytest.fixture(scope="session")
def litert(builder: Builder) -> Executable:
    pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")
    return builder.classifier("standalone", "--runtime", "litert")


@pytest.fixture(scope="session")
def tensorflow(builder: Builder) -> Executable:
    return builder.classifier("standalone")


def run_executable(
    program: Path, arguments: list[str], folder: Path, home: Path, stdin: bytes = b""
) -> tuple[Outcome, int]:
    """Runs an executable; returns its outcome (code None if it hangs) and its peak memory in megabytes."""
    env = {"PATH": "/nowhere", "HOME": str(home), "LANG": "C.UTF-8"}
    with (
        tempfile.TemporaryFile() as given_in,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given_in.write(stdin)
        given_in.seek(0)
        process = subprocess.Popen(
            [program, *arguments], cwd=folder, env=env, stdin=given_in, stdout=out, stderr=err
        )
        watchdog = threading.Timer(SECONDS, process.kill)
        watchdog.start()
        _, status, usage = os.wait4(process.pid, 0)
        hangs = not watchdog.is_alive()
        watchdog.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = [os.pread(stream.fileno(), 1 << 26, 0) for stream in (out, err)]
    seconds = usage.ru_utime + usage.ru_stime
    outcome = Outcome(None if hangs else process.returncode, texts[0], texts[1], seconds)
    return outcome, usage.ru_maxrss // 1024


def run_python(
    builder: Builder, built: Executable, arguments: list[str], folder: Path, stdin: bytes = b""
) -> ProgramResult:
    """Runs the classifier in Python, with the converted model if the build has one."""
    converted = {"TF2EXE_CONVERTED": str(built.build / "converted" / "files")}
    return builder.python("-m", "image_classifier", *arguments, cwd=folder, stdin=stdin, **converted)


def compare_with_python(ours: Outcome, peak: int, theirs: ProgramResult) -> list[str]:
    """Lists differences from Python, and too high memory use."""
    found = [f"{peak} MB of memory"] if peak > MAX_MEMORY else []
    if ours.code != theirs.exit_code:
        found.append(f"exit code {ours.code}, in Python {theirs.exit_code}")
    for one, other in ((ours.stdout, theirs.stdout), (ours.stderr, theirs.stderr)):
        if one != other:
            lines = zip(one.split(b"\n"), other.split(b"\n"), strict=False)
            found.append(
                f"not as in Python: {next((pair for pair in lines if pair[0] != pair[1]), 'the end')}"
            )
    return found


def check_files(
    builder: Builder, built: Executable, program: Path, numbers: range, folder: Path
) -> list[str]:
    """Lists complaints about one call with the files of some numbers and a good one."""
    folder.mkdir(exist_ok=True)
    files = [malformed_file(number) for number in numbers]
    for file in files:
        (folder / file.name).write_bytes(file.content)
    (folder / GOOD).write_bytes(seeds()["png"]["RGB"])
    names = [*(file.name for file in files), GOOD]
    ours, peak = run_executable(program, [*names, *COMMAND], folder, built.home)
    theirs = run_python(builder, built, [*names, *COMMAND], folder)
    return [*complaints_about_images(names, ours), *compare_with_python(ours, peak, theirs)]


def file_ranges(number: int) -> list[range]:
    return [range(first, first + FILES_PER_CALL) for first in range(0, number, FILES_PER_CALL)]


@pytest.mark.promise("input", "Executables match Python on malformed files and command lines.")
@pytest.mark.makes("litert standalone", seconds=50)
@pytest.mark.parametrize("numbers", file_ranges(500), ids=str)
def test_malformed_files(builder: Builder, litert: Executable, tmp_path: Path, numbers: range) -> None:
    assert check_files(builder, litert, litert.program, numbers, tmp_path) == []


@pytest.mark.promise("input", "Executables match Python on malformed files and command lines.")
@pytest.mark.makes("classifier standalone", seconds=50)
@pytest.mark.parametrize("numbers", file_ranges(150), ids=str)
def test_malformed_files_with_tensorflow(
    builder: Builder, tensorflow: Executable, tmp_path: Path, numbers: range
) -> None:
    assert check_files(builder, tensorflow, tensorflow.program, numbers, tmp_path) == []


def check_command_line(builder: Builder, built: Executable, arguments: list[str], stdin: bytes) -> list[str]:
    """Lists complaints about the output and the written files of a command line."""
    with tempfile.TemporaryDirectory() as base:
        here, there = Path(base, "here"), Path(base, "there")
        for folder in (here, there):
            folder.mkdir()
            fill(folder)
        ours, peak = run_executable(built.program, arguments, here, built.home, stdin)
        found = complaints_about_command_line(ours)
        # Python has both runtimes, so it reads a model that the executable refuses.
        if OTHER_RUNTIME not in ours.stderr:
            theirs = run_python(builder, built, arguments, there, stdin)
            found += compare_with_python(ours, peak, theirs)
            found += [] if read_files(here) == read_files(there) else ["not the same files as in Python"]
    return found


def read_files(folder: Path) -> dict[str, bytes]:
    """The regular files in a folder, with their content."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def examples(number: int) -> settings:
    """The same examples in each run. Failures are not shrunk, because each run takes a second."""
    return settings(
        max_examples=number,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.promise("input", "Executables match Python on malformed files and command lines.")
@pytest.mark.makes("litert standalone", seconds=50)
@examples(60)
@given(arguments=COMMAND_LINES, stdin=INPUTS)
def test_command_lines(builder: Builder, litert: Executable, arguments: list[str], stdin: bytes) -> None:
    assert check_command_line(builder, litert, arguments, stdin) == []


@pytest.mark.promise("input", "Executables match Python on malformed files and command lines.")
@pytest.mark.makes("classifier standalone", seconds=50)
@examples(12)
@given(arguments=COMMAND_LINES, stdin=INPUTS)
def test_command_lines_with_tensorflow(
    builder: Builder, tensorflow: Executable, arguments: list[str], stdin: bytes
) -> None:
    assert check_command_line(builder, tensorflow, arguments, stdin) == []


FAULTS: Final = {
    "another digit": ("| tr 3 4", "not as in Python"),
    "a traceback": ("; echo Traceback >&2", "standard error is not a line for each bad image"),
    "another exit code": ("; exit 9", "exit code 9"),
    "an answer less": ("| head -n 3", "3 answers for 6 images"),
    "nothing": (">/dev/null", "0 answers for 6 images"),
    "killed": ("; kill -SEGV $$", "exit code -11"),
}


@pytest.mark.promise("input", "The fuzzer detects an executable that differs from Python.")
@pytest.mark.makes("litert standalone", seconds=50)
@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_executable_is_detected(
    builder: Builder, litert: Executable, tmp_path: Path, fault: str
) -> None:
    what, complaint = FAULTS[fault]
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\nPATH=/bin:/usr/bin\n"{litert.program}" "$@" {what}\n')
    program.chmod(0o755)
    found = check_files(builder, litert, program, range(5), tmp_path / "files")
    assert any(complaint in text for text in found), found
