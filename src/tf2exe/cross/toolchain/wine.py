"""Runs Windows programs in Wine."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tf2exe.errors import ToolchainError
from tf2exe.system.captured_process import run_captured
from tf2exe.system.process import run_detached

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tf2exe.cross.toolchain.location import CrossToolchain
    from tf2exe.system.captured_process import CompletedProcess

SERVER_DELAY = "-p60"
"""The server waits so many seconds for the next program; starting it takes a second."""
TIME_LIMIT = 600.0
MOUNTS = r"HKLM\System\CurrentControlSet\Services\MountMgr"
DISABLED = ["/v", "Start", "/t", "REG_DWORD", "/d", "4", "/f"]
FORMAT = 1
"""Increased if existing prefixes must be replaced."""


def run(
    toolchain: CrossToolchain,
    command: Sequence[str],
    *,
    cwd: Path,
    variables: Mapping[str, str] | None = None,
) -> CompletedProcess:
    """Runs a Windows program until it ends, with further environment variables.

    Raises:
        ToolchainError: it cannot be started, or exceeds the time limit.
    """
    full = [str(toolchain.wine), *command]
    return run_captured(
        full,
        cwd=cwd,
        env={**toolchain.environment(), **(variables or {})},
        timeout=TIME_LIMIT,
        error=ToolchainError,
    )


def create_prefix(toolchain: CrossToolchain) -> None:
    """Creates the Wine prefix: drive C: and the registry.

    Raises:
        ToolchainError: Wine does not start.
    """
    done = run(toolchain, ["wineboot", "-i"], cwd=toolchain.folder)
    # Each `stat` would query this service for the volume number, which takes ten times as long as the
    # rest. Without the service the number is 0; drives are found without it.
    run(toolchain, ["reg", "add", MOUNTS, *DISABLED], cwd=toolchain.folder)
    stop_server(toolchain)
    probe = run(
        toolchain, [str(toolchain.python / "python.exe"), "-c", "print('ready')"], cwd=toolchain.folder
    )
    if probe.stdout.strip() != b"ready":
        output = (probe.stderr or done.stderr).decode(errors="replace").strip()
        raise ToolchainError(
            "Windows Python does not start in Wine",
            output[-300:] or "it printed nothing",
            "run `tf2exe toolchain windows --remove` and set it up again",
        )
    stop_server(toolchain)


def stop_server(toolchain: CrossToolchain) -> None:
    """Stops the Wine server and all its programs."""
    with suppress(ToolchainError):
        _signal_server(toolchain, "-k")


@contextmanager
def keep_server_running(toolchain: CrossToolchain) -> Iterator[None]:
    """Keeps the Wine server running between programs."""
    _signal_server(toolchain, SERVER_DELAY)
    # Wine's services start with the first program and keep its inherited handles, so this one has none.
    _run_detached(toolchain, [str(toolchain.wine), "cmd", "/c", "exit"])
    yield


def _signal_server(toolchain: CrossToolchain, option: str) -> None:
    _run_detached(toolchain, [str(toolchain.server), option])


def _run_detached(toolchain: CrossToolchain, command: Sequence[str]) -> None:
    """Runs a program that leaves the Wine server or services running."""
    log = toolchain.folder / "wine.log"
    run_detached(command, log=log, cwd=toolchain.folder, env=toolchain.environment(), error=ToolchainError)
