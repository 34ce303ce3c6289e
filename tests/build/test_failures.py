"""A build that fails or is interrupted prints the reason in one line and writes no executable."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from executables import Builder, ProgramResult

CHECKOUT = Path(__file__).resolve().parents[2]


def build(
    builder: Builder, folder: Path, source: str, *options: str, mode: str = "standalone"
) -> ProgramResult:
    (folder / "app.py").write_text(source, encoding="utf-8")
    return builder.tf2exe(
        "build", "app.py", "--mode", mode, *builder.folder_options(folder), *options, cwd=folder
    )


def assert_refused(answer: ProgramResult, code: int, folder: Path) -> str:
    assert answer.exit_code == code, answer.stderr.decode()
    assert b"Traceback" not in answer.stderr
    assert not list((folder / "dist").glob("*"))
    lines = [line for line in answer.stderr.decode().splitlines() if line.startswith("tf2exe: ")]
    assert len(lines) == 1
    return lines[0]


@pytest.mark.promise("parity", "If the output differs from Python, no executable is written.")
def test_executable_with_different_output_is_not_written(builder: Builder, tmp_path: Path) -> None:
    source = "print('one')\nprint('compiled' if '__compiled__' in globals() else 'python')\n"
    line = assert_refused(build(builder, tmp_path, source, "--sample", "", mode="onefile"), 7, tmp_path)
    assert "stdout, line 2" in line
    assert "python" in line
    assert "compiled" in line


def test_no_verify_writes_the_executable(builder: Builder, tmp_path: Path) -> None:
    source = "print('compiled' if '__compiled__' in globals() else 'python')\n"
    answer = build(builder, tmp_path, source, "--no-verify")
    assert answer.exit_code == 0
    done = subprocess.run([tmp_path / "dist/app/app"], capture_output=True, check=True)
    assert done.stdout == b"compiled\n"


@pytest.mark.promise("parity", "A different byte, exit code or written file is a difference.")
def test_different_exit_code_fails_the_build(builder: Builder, tmp_path: Path) -> None:
    source = "import sys\nsys.exit(3 if '__compiled__' in globals() else 4)\n"
    assert "exit code" in assert_refused(build(builder, tmp_path, source, "--sample", ""), 7, tmp_path)


@pytest.mark.promise("parity", "A different byte, exit code or written file is a difference.")
def test_different_written_file_fails_the_build(builder: Builder, tmp_path: Path) -> None:
    source = "open('out.bin', 'wb').write(b'a' if '__compiled__' in globals() else b'b')\n"
    assert "out.bin" in assert_refused(build(builder, tmp_path, source, "--sample", ""), 7, tmp_path)


def test_nondeterministic_output_needs_a_mask(builder: Builder, tmp_path: Path) -> None:
    source = "import random\nprint('value', random.random())\n"
    assert "two runs of Python differ" in assert_refused(
        build(builder, tmp_path, source, "--sample", ""), 7, tmp_path
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.tf2exe]\nentry = "app.py"\nmode = "standalone"\nsamples = [""]\n'
        'verify.mask = ["value \\\\d\\\\S+"]\n',
        encoding="utf-8",
    )
    assert builder.tf2exe("build", cwd=tmp_path).exit_code == 0


def test_sample_that_fails_in_python_stops_the_build(builder: Builder, tmp_path: Path) -> None:
    line = assert_refused(build(builder, tmp_path, "1 / 0\n", "--sample", ""), 4, tmp_path)
    assert "ZeroDivisionError" in line


def test_invalid_source_stops_the_build(builder: Builder, tmp_path: Path) -> None:
    line = assert_refused(build(builder, tmp_path, "def (:\n"), 2, tmp_path)
    assert "is not valid Python" in line


def test_unwritable_output_folder_is_named(builder: Builder, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    line = assert_refused(build(builder, tmp_path, "print(1)\n", "--output-dir", "taken"), 6, tmp_path)
    assert "taken" in line


HOLDING = """#!/bin/sh
case " $* " in
*" -c "*) exec sleep 3600;;
esac
exec {gcc} "$@"
"""
"""A C compiler that never ends."""


@pytest.mark.promise("build", "A build that fails or is interrupted leaves no executable and no process.")
@pytest.mark.skipif(sys.platform != "linux", reason="signals are POSIX; looks into /proc")
@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (signal.SIGINT, 130, b"interrupted"),
        (signal.SIGTERM, 143, b"stopped: SIGTERM"),
        (signal.SIGHUP, 143, b"stopped: SIGHUP"),
    ],
)
def test_interrupted_compilation_leaves_nothing(
    builder: Builder, tmp_path: Path, number: signal.Signals, code: int, message: bytes
) -> None:
    gcc = shutil.which("gcc") or pytest.skip("gcc is not installed: apt install gcc")
    compiler = tmp_path / "bin" / "gcc"
    compiler.parent.mkdir()
    compiler.write_text(HOLDING.format(gcc=gcc), encoding="utf-8")
    compiler.chmod(0o755)
    (tmp_path / "app.py").write_text("print(1)\n", encoding="utf-8")
    path = f"{compiler.parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src"), "CCACHE_DISABLE": "1", "PATH": path}
    # Children of `nohup pytest` would ignore SIGHUP.
    default_signal = ["env", f"--default-signal={number.name.removeprefix('SIG')}"]
    command = [*default_signal, sys.executable, "-m", "tf2exe", "build", "app.py", "--compiler", "gcc"]
    with subprocess.Popen(command, cwd=tmp_path, env=env, stderr=subprocess.PIPE) as process:
        while not any("sleep 3600" in running for running in builder.processes_in(tmp_path)):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == code
    assert message in stderr
    assert not builder.processes_in(tmp_path)
    assert b"Traceback" not in stderr
    assert not (tmp_path / "dist").exists()


def test_dry_run_builds_nothing(builder: Builder, tmp_path: Path) -> None:
    answer = build(builder, tmp_path, "import json\nprint(1)\n", "--dry-run")
    assert answer.exit_code == 0
    assert b"--mode=module" in answer.stdout
    assert not (tmp_path / "dist").exists()
