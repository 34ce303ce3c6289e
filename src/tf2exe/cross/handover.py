"""Run `build` and `verify` for Windows on Linux: tf2exe runs in Wine, and its output is relayed."""

from __future__ import annotations

import re
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tf2exe.config.stage import load_application
from tf2exe.config.target import WINDOWS, host_target
from tf2exe.cross.toolchain import builder, components, extra_packages, prepare, wine
from tf2exe.cross.toolchain.location import user_toolchain
from tf2exe.errors import MachineError, ToolchainError
from tf2exe.system import host
from tf2exe.system.process import run_relayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from tf2exe.config.application import Application
    from tf2exe.config.request import Request
    from tf2exe.system.progress import Listener

TOOLCHAIN_HOST = "linux-x86_64"
"""Wine and the other parts of the toolchain run here only."""

COMMAND_LINE = "TF2EXE_COMMAND_LINE"
"""The environment variable that gives the builder in Wine the command line as the user typed it."""
PATH = re.compile(r"\bZ:\\+([^'\"]*)")


def is_foreign_target(target: str) -> bool:
    """Whether a target differs from this machine's platform.

    Raises:
        MachineError: this machine has no toolchain for it.
    """
    own = host_target().name
    if target in ("machine", own):
        return False
    if target == WINDOWS and own == TOOLCHAIN_HOST:
        return True
    machines = f"{target} or {TOOLCHAIN_HOST}" if target == WINDOWS else target
    raise MachineError(f"no toolchain for {target}", f"this machine is {own}", f"build on {machines}")


def is_foreign_program(name: str) -> bool:
    """Whether a program runs only in the toolchain.

    Raises:
        MachineError: this machine has no toolchain for it.
    """
    return not host.IS_WINDOWS and name.endswith(".exe") and is_foreign_target(WINDOWS)


class Relay(Protocol):
    """Shows the output of a tf2exe that runs without a terminal."""

    def listener(self) -> Listener:
        """Observes the toolchain's preparation."""

    def shown(self) -> AbstractContextManager[object]:
        """Surrounds the run of the command."""

    def error_line(self, line: str) -> None:
        """Shows a line of standard error; called from another thread."""

    def line(self, line: str) -> None:
        """Shows a line of standard output."""


@dataclass(frozen=True)
class Command:
    """A command line of tf2exe.

    Attributes:
        arguments: the command line, without the program's name.
        folder: the current folder.
        relay: shows what the command prints.
    """

    arguments: Sequence[str]
    folder: Path
    relay: Relay


def delegate_build(
    request: Request, arguments: Sequence[str], relay: Relay, *, groups: Iterable[str] = ()
) -> int | None:
    """Runs a command that builds in the toolchain, if its target is another platform.

    Args:
        request: what is built.
        arguments: the command line, without the program's name.
        relay: shows what the command prints.
        groups: further package groups that it needs.

    Returns:
        The exit code; None if the target is this platform.

    Raises:
        MachineError: this machine has no toolchain for the platform, or cannot prepare one.
        ToolchainError: the toolchain could not be prepared.
    """
    application = load_application(request.config, request.given, request.folder)
    if not is_foreign_target(application.settings.target):
        return None
    return _build(application, Command(arguments, request.folder, relay), groups)


def _build(application: Application, command: Command, groups: Iterable[str] = ()) -> int:
    """Runs a command that builds in Wine; returns the exit code."""
    work = application.build.parent / WINDOWS
    folders = ["--output-dir", str(application.output / WINDOWS), "--build-dir", str(work)]
    options = [*folders, "--compiler", "zig"]
    needed = tuple(dict.fromkeys((application.settings.runtime, *groups)))
    return _run_in_wine(command, options, work / ".builder", needed=needed, shown=to_linux_paths)


def delegate_verify(application: Application, runtime: str, command: Command) -> int:
    """Compares a Windows executable with the program in CPython for Windows; returns the exit code.

    Args:
        application: the application that it was built from.
        runtime: its inference runtime; empty if the executable does not record one.
        command: the command line.

    Raises:
        ToolchainError: the toolchain could not be prepared.
    """
    needed = (runtime or application.settings.runtime,)
    options = ["--build-dir", str(application.build.parent / WINDOWS)]
    shown = str if "--json" in command.arguments else to_linux_paths  # JSON escapes backslashes
    with tempfile.TemporaryDirectory(prefix="tf2exe-verify-") as base:
        return _run_in_wine(
            command, options, Path(base), needed=needed, possible=components.RUNTIMES, shown=shown
        )


def _run_in_wine(
    command: Command,
    options: Sequence[str],
    base: Path,
    *,
    needed: tuple[str, ...],
    possible: tuple[str, ...] = (),
    shown: Callable[[str], str],
) -> int:
    """Runs a command with further options in Wine.

    Groups in ``needed`` are prepared first; those in ``possible`` are used if they are installed.
    """
    toolchain = user_toolchain()
    if prepare.find_missing(toolchain, needed):
        prepare.prepare(toolchain, command.relay.listener(), groups=needed)
    groups = dict.fromkeys((*needed, *possible, extra_packages.GROUP))
    env = {
        **toolchain.environment(),
        COMMAND_LINE: shlex.join(["tf2exe", *command.arguments]),
        **builder.variables(toolchain, base, groups),
    }
    full = [str(toolchain.wine), *builder.command(toolchain, [*command.arguments, *options])]
    with wine.keep_server_running(toolchain), command.relay.shown():
        return run_relayed(
            full,
            log=base / "wine.log",
            cwd=command.folder,
            env=env,
            on_output=lambda line: command.relay.line(shown(line)),
            on_error=lambda line: command.relay.error_line(to_linux_paths(line)),
            error=ToolchainError,
        )


def to_linux_paths(line: str) -> str:
    """Replaces paths on drive Z: in a line of output by the paths of this machine."""
    return PATH.sub(lambda found: "/" + re.sub(r"\\+", "/", found[1]), line)
