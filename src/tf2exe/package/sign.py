"""Signs executables for Windows with the user's command.

The command provides certificate and time stamp. The program is signed before it is hashed and packed, a
onefile when it is complete.
"""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.errors import ConfigurationError, SigningError
from tf2exe.native import authenticode
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tf2exe.config.application import Application

FILE, SIGNED = "{file}", "{signed}"
"""Placeholders in the command: the file to sign, and an output file if the command does not sign in place."""


def is_enabled(application: Application) -> bool:
    """Whether the executable is signed."""
    return bool(application.settings.sign_command) and application.target.is_windows


def validate(application: Application) -> None:
    """Checks the command before anything is built.

    Raises:
        ConfigurationError: the command has no placeholder for the file, or its program is not installed.
    """
    if not is_enabled(application):
        return
    command = split_command(application.settings.sign_command)
    if not any(FILE in part for part in command):
        raise ConfigurationError(
            "`sign-command` signs nothing", f"it has no {FILE}", f"put {FILE} where the file's name belongs"
        )
    if shutil.which(command[0], path=os.environ.get("PATH", "")) is None:
        raise ConfigurationError(
            "`sign-command` cannot be run",
            f"the program {command[0]} was not found",
            "install it, or give its path",
        )


def split_command(command: str) -> list[str]:
    """Splits a command line; quotes group words, and backslashes are kept, because Windows paths have them.

    Raises:
        ConfigurationError: a quote is not closed.
    """
    words = shlex.shlex(command, posix=True, punctuation_chars=False)
    words.whitespace_split, words.escape, words.commenters = True, "", ""
    try:
        return list(words)
    except ValueError as error:
        raise ConfigurationError("`sign-command` cannot be read", str(error), "close the quotes") from error


def sign_files(application: Application, files: Iterable[Path], log: Path) -> None:
    """Signs files of a build in place, if signing is enabled.

    Raises:
        SigningError: the command fails, or leaves no signature.
    """
    for file in files if is_enabled(application) else ():
        sign_file(split_command(application.settings.sign_command), file, log)


def sign_file(command: list[str], file: Path, log: Path) -> None:
    """Signs one file in place.

    Args:
        command: the words of the command line, with placeholders.
        file: the file to sign.
        log: receives the output of the command.

    Raises:
        SigningError: the command fails, or leaves no signature.
    """
    result = file.with_name(f"{file.stem}.signed{file.suffix}")
    result.unlink(missing_ok=True)
    filled = [part.replace(FILE, str(file)).replace(SIGNED, str(result)) for part in command]
    remedy = "run the command by hand on that file, and correct `sign-command`"
    try:
        run_logged(filled, log=log, cwd=file.parent, error=SigningError, remedy=remedy)
        if result.is_file():
            result.replace(file)
    finally:
        result.unlink(missing_ok=True)
    with file.open("rb") as stream:
        if authenticode.unsigned_size(stream) == file.stat().st_size:
            raise SigningError(
                f"{file.name} is not signed",
                f"{Path(command[0]).name} succeeded, but left no signature",
                remedy,
                log,
            )
