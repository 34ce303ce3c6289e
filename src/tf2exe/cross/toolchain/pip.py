"""Downloads from PyPI by pip, each file by its hash."""

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
"""How pip's lines begin that say what is wrong; the first one says most."""
QUIET = ("--disable-pip-version-check", "--no-deps", "--progress-bar=off")


def install_wheels(
    wheels: Iterable[Pin], version: str, target: Path, *, log: Path, on_line: Callable[[str], None]
) -> None:
    """Unpacks wheels for Windows into a folder, as pip lays them out.

    Raises:
        ToolchainError: pip failed, or a file is another one than the pinned one.
    """
    wanted = _requirements(wheels, target.with_name(f"{target.name}.txt"))
    command = [*_pip("install"), "--no-compile", "--target", str(target), *_windows(version)]
    _run([*command, "--require-hashes", "-r", str(wanted)], log, target.parent, on_line)


def install_added(
    requirements: Sequence[str], version: str, target: Path, *, log: Path, on_line: Callable[[str], None]
) -> None:
    """Adds what the user names, with what it requires, as pip finds it for Windows.

    Raises:
        ToolchainError: pip failed; not every package has wheels for Windows.
    """
    target.mkdir(parents=True, exist_ok=True)
    command = [part for part in _pip("install") if part != "--no-deps"]
    command += ["--no-compile", "--upgrade", "--target", str(target), *_windows(version), *requirements]
    said: list[str] = []

    def hear(line: str) -> None:
        if line.startswith(ERROR):
            said.append(line.removeprefix(ERROR))
        on_line(line)

    try:
        _run(command, log, target.parent, hear)
    except ToolchainError as error:
        if not said:
            raise
        what = f"cannot add {', '.join(requirements)}"
        remedy = f"name packages that have wheels for Windows and CPython {version}"
        raise ToolchainError(what, said[0], remedy, log) from error


def download_source(pin: Pin, folder: Path, *, log: Path, on_line: Callable[[str], None]) -> Path:
    """Downloads a source distribution.

    Raises:
        ToolchainError: as above.
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
    remedy = "see the log; the same command goes on where it stopped"
    run_logged(command, log=log, cwd=cwd, on_line=on_line, error=ToolchainError, remedy=remedy)
