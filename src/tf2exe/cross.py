"""Builds for another platform: the same builder runs in the toolchain, and what it says is handed through."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

from tf2exe import config, knowledge
from tf2exe.errors import MachineError
from tf2exe.process import end_group
from tf2exe.progress import Progress
from tf2exe.toolchain import added, prepare, wine
from tf2exe.toolchain.place import place, windows_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from tf2exe.application import Application
    from tf2exe.pipeline import Request

WINDOWS = "windows-x86_64"
STEP = re.compile(r"^  \[\d+/\d+\] ")
"""How a line begins that only says what is being done now."""
PATH = re.compile(r"\bZ:\\([^'\"]*)")


def is_foreign(target: str) -> bool:
    """Whether another platform is meant than the one that this runs on.

    Raises:
        MachineError: nothing here builds for it.
    """
    own = {"win32": WINDOWS, "linux": "linux-x86_64"}.get(sys.platform, sys.platform)
    if target in ("machine", own):
        return False
    if target == WINDOWS and sys.platform == "linux":
        return True
    raise MachineError(f"no toolchain for {target}", f"this is {own}", "build there")


def refuse_foreign(request: Request) -> None:
    """For commands that build and measure on this machine alone.

    Raises:
        MachineError: another platform is asked for.
    """
    target = config.load(request.config, request.given, request.folder).settings.target
    if is_foreign(target):
        raise MachineError(
            f"nothing is compared for {target} here",
            "seconds under Wine say nothing about Windows, and PyInstaller is not in the toolchain",
            "run this command on Windows itself, or leave out `--target`",
        )


def build(application: Application, words: Sequence[str], folder: Path, errors: Console) -> int:
    """Runs a build in Wine; returns the exit code.

    Args:
        application: what is built.
        words: the command line, without the program's name.
        folder: the current folder.
        errors: where progress is shown.

    Raises:
        MachineError: the toolchain cannot be prepared on this machine.
        ToolchainError: preparing it failed.
    """
    here, settings = place(), application.settings
    if prepare.missing(here, (settings.runtime,)):
        prepare.prepare(here, Progress(errors, 0), runtimes=(settings.runtime,))
    output, work = application.output / WINDOWS, application.build.parent / WINDOWS
    own = [*words, "--output-dir", str(output), "--build-dir", str(work), "--compiler", "zig"]
    source = _builder(work / ".builder")
    paths = (source, here.packages(settings.runtime), here.packages(added.GROUP))
    env = {
        **here.environment(),
        "PYTHONPATH": ";".join(windows_path(path) for path in paths if path.is_dir()),
    }
    command = [str(here.wine), str(here.python / "python.exe"), "-m", "tf2exe", *own]
    with wine.warm_server(here):
        return _hand_through(command, folder, env, errors)


def _builder(folder: Path) -> Path:
    """This builder and its data alone, without the packages of the machine that may lie beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "tf2exe").symlink_to(Path(__file__).resolve().parent)
    (folder / "nuitka_options").symlink_to(knowledge.folder())
    return folder / "src"


def readable(line: str) -> str:
    """A line of the builder in Wine with the machine's paths."""
    return PATH.sub(lambda found: "/" + found[1].replace("\\", "/"), line)


def _hand_through(command: Sequence[str], folder: Path, env: dict[str, str], errors: Console) -> int:
    """Runs it; its progress goes to the terminal's bottom line, where there is a terminal."""
    with (
        subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as process,
        errors.status("Wine starts") as status,
    ):

        def show(line: str) -> None:
            if errors.is_terminal and STEP.match(line):
                status.update(line.strip(), spinner="dots")
            else:
                errors.print(line, markup=False, highlight=False, soft_wrap=True)

        reader = threading.Thread(target=_each, args=(process.stderr, show))
        reader.start()
        try:
            _each(process.stdout, lambda line: print(line, flush=True))  # noqa: T201 - the command's own output
            reader.join()
        except BaseException:
            end_group(process)
            raise
    return process.returncode


def _each(stream: IO[str] | None, take: Callable[[str], None]) -> None:
    for line in stream or ():
        take(readable(line.rstrip("\r\n")))
