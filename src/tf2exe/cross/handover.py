"""Builds and verifies for another platform: tf2exe runs in the toolchain, and its output is passed on."""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tf2exe.config.stage import load_application
from tf2exe.cross.toolchain import builder, components, extra_packages, prepare, wine
from tf2exe.cross.toolchain.location import place
from tf2exe.errors import MachineError, ToolchainError
from tf2exe.system.process import run_relayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from tf2exe.config.application import Application
    from tf2exe.pipeline import Request
    from tf2exe.system.progress import Listener

WINDOWS = "windows-x86_64"
TYPED = "TF2EXE_TYPED"
"""The variable from which a builder in Wine learns the command as it was typed."""
PATH = re.compile(r"\bZ:\\+([^'\"]*)")


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
    raise MachineError(f"no toolchain for {target}", f"this is {own}", "build on that platform")


def is_foreign_program(name: str) -> bool:
    """Whether a program runs in the toolchain alone."""
    return sys.platform == "linux" and name.endswith(".exe")


class Relay(Protocol):
    """Shows the output of a tf2exe that runs without a terminal of its own."""

    def listener(self) -> Listener:
        """Observes the toolchain's preparation."""

    def shown(self) -> AbstractContextManager[object]:
        """Surrounds the run of the command."""

    def error_line(self, line: str) -> None:
        """It printed a line to standard error; called from another thread."""

    def line(self, line: str) -> None:
        """It printed a line to standard output."""


@dataclass(frozen=True)
class Call:
    """A command of tf2exe as it was typed.

    Attributes:
        words: the command line, without the program's name.
        folder: the current folder.
        relay: shows what the command prints.
    """

    words: Sequence[str]
    folder: Path
    relay: Relay


def hand_over(
    request: Request, words: Sequence[str], relay: Relay, *, groups: Iterable[str] = ()
) -> int | None:
    """Runs a command that builds in the toolchain, if it is meant for another platform.

    Args:
        request: what is built.
        words: the command line, without the program's name.
        relay: shows what the command prints.
        groups: further packages of the toolchain that it needs.

    Returns:
        The exit code; None: it is for this platform.

    Raises:
        MachineError: nothing here builds for that platform, or the toolchain cannot be prepared here.
        ToolchainError: preparing it failed.
    """
    application = load_application(request.config, request.given, request.folder)
    if not is_foreign(application.settings.target):
        return None
    return _build(application, Call(words, request.folder, relay), groups)


def _build(application: Application, call: Call, groups: Iterable[str] = ()) -> int:
    """Runs a command that builds in Wine; returns the exit code."""
    work = application.build.parent / WINDOWS
    places = ["--output-dir", str(application.output / WINDOWS), "--build-dir", str(work)]
    words = [*places, "--compiler", "zig"]
    needed = tuple(dict.fromkeys((application.settings.runtime, *groups)))
    return _in_wine(call, words, work / ".builder", needed=needed, shown=readable)


def verify(application: Application, runtime: str, call: Call) -> int:
    """Compares a Windows executable with the program in the Windows Python; returns the exit code.

    Args:
        application: what it was made from.
        runtime: what computes its model; empty: it does not say.
        call: the command.

    Raises:
        As `build`.
    """
    needed = (runtime or application.settings.runtime,)
    words = ["--build-dir", str(application.build.parent / WINDOWS)]
    shown = str if "--json" in call.words else readable  # in JSON, backslashes mean something else
    with tempfile.TemporaryDirectory(prefix="tf2exe-verify-") as base:
        return _in_wine(call, words, Path(base), needed=needed, possible=components.RUNTIMES, shown=shown)


def _in_wine(
    call: Call,
    further: Sequence[str],
    base: Path,
    *,
    needed: tuple[str, ...],
    possible: tuple[str, ...] = (),
    shown: Callable[[str], str],
) -> int:
    """Runs a command, with further words, in Wine; with packages that must, others that may be there."""
    here = place()
    if prepare.missing(here, needed):
        prepare.prepare(here, call.relay.listener(), groups=needed)
    groups = dict.fromkeys((*needed, *possible, extra_packages.GROUP))
    env = {
        **here.environment(),
        TYPED: shlex.join(["tf2exe", *call.words]),
        **builder.variables(here, base, groups),
    }
    command = [str(here.wine), *builder.command(here, [*call.words, *further])]
    with wine.warm_server(here), call.relay.shown():
        return run_relayed(
            command,
            log=base / "wine.log",
            cwd=call.folder,
            env=env,
            on_output=lambda line: call.relay.line(shown(line)),
            on_error=lambda line: call.relay.error_line(readable(line)),
            error=ToolchainError,
        )


def readable(line: str) -> str:
    """A line of the builder in Wine with the machine's paths."""
    return PATH.sub(lambda found: "/" + re.sub(r"\\+", "/", found[1]), line)
