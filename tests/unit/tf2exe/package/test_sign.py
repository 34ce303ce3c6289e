"""The user's command signs real executables, or the build fails with one line."""

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
from tf2exe.package import sign as signing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application

    Project = Callable[..., Application]

NOTHING = f"{sys.executable} -c pass {{file}}"


@pytest.fixture
def program(onefile_launcher: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(onefile_launcher, tmp_path / "my program.exe"))


def is_signed(path: Path) -> bool:
    with path.open("rb") as file:
        return authenticode.unsigned_size(file) < path.stat().st_size


@pytest.mark.promise("windows", "`sign-command` may sign in place or write another file.")
def test_a_command_that_writes_another_file(sign: list[str], program: Path, tmp_path: Path) -> None:
    """As osslsigncode does."""
    command = signing.split_command(shlex.join([*sign, "-in"]) + " {file} -out {signed}")
    signing.sign_file(command, program, tmp_path / "log")
    assert is_signed(program)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "my program.exe"]
    assert "osslsigncode" in (tmp_path / "log").read_text()


@pytest.mark.promise("windows", "`sign-command` may sign in place or write another file.")
def test_a_command_that_signs_in_place(sign: list[str], program: Path, tmp_path: Path) -> None:
    """As signtool does."""
    script = tmp_path / "signtool"
    script.write_text(f'#!/bin/sh\n{shlex.join(sign)} -in "$1" -out "$1.new" && mv "$1.new" "$1"\n')
    script.chmod(0o755)
    signing.sign_file([str(script), "{file}"], program, tmp_path / "log")
    assert is_signed(program)


@pytest.mark.promise("windows", "If `sign-command` fails or signs nothing, no executable is written.")
def test_a_command_that_fails(sign: list[str], program: Path, tmp_path: Path) -> None:
    before = program.read_bytes()
    wrong = ["/nowhere.pem" if part.endswith("key.pem") else part for part in sign]
    with pytest.raises(SigningError, match="osslsigncode failed") as caught:
        signing.sign_file([*wrong, "-in", "{file}", "-out", "{signed}"], program, tmp_path / "log")
    assert caught.value.exit_code == 11
    assert program.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "my program.exe"]


@pytest.mark.promise("windows", "If `sign-command` fails or signs nothing, no executable is written.")
def test_a_command_that_signs_nothing(program: Path, tmp_path: Path) -> None:
    with pytest.raises(SigningError, match=r"my program\.exe is not signed"):
        signing.sign_file(signing.split_command(NOTHING), program, tmp_path / "log")


def test_splitting_a_command() -> None:
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
    assert signing.split_command(command) == expected
    with pytest.raises(ConfigurationError, match="close the quotes"):
        signing.split_command('signtool "sign')


@pytest.mark.parametrize(
    ("command", "why"), [("true", "it has no {file}"), ("no-such-tool {file}", "was not found")]
)
def test_a_mistake_is_found_before_the_build(project: Project, command: str, why: str) -> None:
    application = project({"run.py": ""}, entry="run.py", sign_command=command)
    signing.validate(application)  # for Linux nothing is signed
    with pytest.raises(ConfigurationError, match=why):
        signing.validate(replace(application, target=target_named(WINDOWS)))
