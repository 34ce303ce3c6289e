"""`sign-command` signs real executables, or the build fails with one line."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe.config.target import WINDOWS, target_named
from tf2exe.errors import ConfigurationError, SigningError
from tf2exe.native import authenticode
from tf2exe.package.sign import sign_file, split_command, validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application

    Project = Callable[..., Application]

SIGNS_NOTHING = f"{sys.executable} -c pass {{file}}"


@pytest.fixture
def program(onefile_launcher: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(onefile_launcher, tmp_path / "my program.exe"))


def is_signed(path: Path) -> bool:
    with path.open("rb") as file:
        return authenticode.unsigned_size(file) < path.stat().st_size


@pytest.mark.promise("windows", "`sign-command` may sign in place or write another file.")
def test_command_that_writes_another_file(sign: list[str], program: Path, tmp_path: Path) -> None:
    """Like osslsigncode."""
    command = split_command(shlex.join([*sign, "-in"]) + " {file} -out {signed}")
    sign_file(command, program, tmp_path / "log")
    assert is_signed(program)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "my program.exe"]
    assert "osslsigncode" in (tmp_path / "log").read_text()


@pytest.mark.promise("windows", "`sign-command` may sign in place or write another file.")
def test_command_that_signs_in_place(sign: list[str], program: Path, tmp_path: Path) -> None:
    """Like signtool."""
    script = tmp_path / "signtool"
    script.write_text(f'#!/bin/sh\n{shlex.join(sign)} -in "$1" -out "$1.new" && mv "$1.new" "$1"\n')
    script.chmod(0o755)
    sign_file([str(script), "{file}"], program, tmp_path / "log")
    assert is_signed(program)


@pytest.mark.promise("windows", "If `sign-command` fails or signs nothing, no executable is written.")
def test_failing_command_leaves_the_file_unchanged(sign: list[str], program: Path, tmp_path: Path) -> None:
    before = program.read_bytes()
    wrong = ["/nowhere.pem" if part.endswith("key.pem") else part for part in sign]
    with pytest.raises(SigningError, match="osslsigncode failed") as caught:
        sign_file([*wrong, "-in", "{file}", "-out", "{signed}"], program, tmp_path / "log")
    assert caught.value.exit_code == 11
    assert program.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "my program.exe"]


@pytest.mark.promise("windows", "If `sign-command` fails or signs nothing, no executable is written.")
def test_command_that_signs_nothing_is_an_error(program: Path, tmp_path: Path) -> None:
    with pytest.raises(SigningError, match=r"my program\.exe is not signed"):
        sign_file(split_command(SIGNS_NOTHING), program, tmp_path / "log")


def test_command_is_split_like_a_command_line_of_windows() -> None:
    command = r'"C:\Program Files\signtool.exe" sign /n "My Firm" /d C:\new\table {file} #1'
    expected = [
        r"C:\Program Files\signtool.exe",
        "sign",
        "/n",
        "My Firm",
        "/d",
        r"C:\new\table",
        "{file}",
        "#1",
    ]
    assert split_command(command) == expected
    with pytest.raises(ConfigurationError, match="close the quotes"):
        split_command('signtool "sign')


@pytest.mark.parametrize(
    ("command", "why"), [("true", "it has no {file}"), ("no-such-tool {file}", "was not found")]
)
def test_invalid_command_is_an_error_before_the_build(project: Project, command: str, why: str) -> None:
    application = project({"run.py": ""}, entry="run.py", sign_command=command)
    validate(application)  # a Linux build signs nothing
    with pytest.raises(ConfigurationError, match=why):
        validate(replace(application, target=target_named(WINDOWS)))
