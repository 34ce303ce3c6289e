"""Downloads from PyPI with pip; pinned files are checked by their hash."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from tf2exe.errors import MachineError, ToolchainError
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tf2exe.cross.toolchain.pins import Pin

ERROR = "ERROR: "
"""The prefix of pip's errors. The first error is the most specific."""
QUIET = ("--disable-pip-version-check", "--no-deps", "--progress-bar=off")


def install_wheels(
    wheels: Iterable[Pin], version: str, target: Path, *, log: Path, on_line: Callable[[str], None]
) -> None:
    """Installs wheels for Windows in a folder.

    Raises:
        ToolchainError: pip failed, or a file has another hash.
    """
    wanted = _requirements(wheels, target.with_name(f"{target.name}.txt"))
    command = [*_pip("install"), "--no-compile", "--target", str(target), *_windows(version)]
    _run([*command, "--require-hashes", "-r", str(wanted)], log, target.parent, on_line)


def install_requirements(
    requirements: Sequence[str], version: str, target: Path, *, log: Path, on_line: Callable[[str], None]
) -> None:
    """Installs packages for Windows with their requirements, as pip resolves them.

    Raises:
        ToolchainError: pip failed; a package may have no wheels for Windows.
    """
    target.mkdir(parents=True, exist_ok=True)
    command = [part for part in _pip("install") if part != "--no-deps"]
    command += ["--no-compile", "--upgrade", "--target", str(target), *_windows(version), *requirements]
    failures: list[str] = []

    def read_line(line: str) -> None:
        if line.startswith(ERROR):
            failures.append(line.removeprefix(ERROR))
        on_line(line)

    try:
        _run(command, log, target.parent, read_line)
    except ToolchainError as error:
        if not failures:
            raise
        what = f"cannot add {', '.join(requirements)}"
        remedy = f"name packages that have wheels for Windows and CPython {version}"
        raise ToolchainError(what, failures[0], remedy, log) from error


def download_source(pin: Pin, folder: Path, *, log: Path, on_line: Callable[[str], None]) -> Path:
    """Downloads a source distribution.

    Raises:
        ToolchainError: pip failed, or the file has another hash.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = _requirements([pin], folder / f"{pin.name}.txt")
    command = [*_pip("download"), "--no-binary=:all:", "-d", str(folder), "--require-hashes"]
    _run([*command, "-r", str(wanted)], log, folder, on_line)
    found = sorted(folder.glob("*.tar.gz"))
    if len(found) != 1:
        raise ToolchainError(
            f"no source of {pin.name}", f"pip downloaded {len(found)} files", "see the log", log
        )
    return found[0]


def _pip(verb: str) -> list[str]:
    if importlib.util.find_spec("pip") is None:
        raise MachineError("no pip", f"{sys.executable} does not have it", "run `python -m ensurepip`")
    return [sys.executable, "-m", "pip", verb, *QUIET]


def _windows(version: str) -> list[str]:
    kind = ["--platform=win_amd64", "--implementation=cp", f"--python-version={version}"]
    return [*kind, "--only-binary=:all:"]


def _requirements(pins: Iterable[Pin], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{pin.line}\n" for pin in pins), encoding="utf-8")
    return path


def _run(command: list[str], log: Path, cwd: Path, on_line: Callable[[str], None]) -> None:
    remedy = "see the log; the same command continues where it stopped"
    run_logged(command, log=log, cwd=cwd, on_line=on_line, error=ToolchainError, remedy=remedy)
