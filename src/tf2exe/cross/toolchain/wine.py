"""Runs programs in the toolchain's Wine."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tf2exe.errors import ToolchainError
from tf2exe.system.captured_process import run_captured
from tf2exe.system.process import run_detached

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tf2exe.cross.toolchain.location import Place
    from tf2exe.system.captured_process import CompletedProcess

LINGERS = "-p60"
"""Seconds that the server waits for the next program: to start anew takes a second."""
LONGEST = 600.0
MOUNTS = r"HKLM\System\CurrentControlSet\Services\MountMgr"
DISABLED = ["/v", "Start", "/t", "REG_DWORD", "/d", "4", "/f"]
FORMAT = 1
"""Changes when drive C: has to be made anew."""


def run(
    place: Place, command: Sequence[str], *, cwd: Path, variables: Mapping[str, str] | None = None
) -> CompletedProcess:
    """Runs a Windows program to its end, with further variables.

    Raises:
        ToolchainError: it cannot be started, or does not end.
    """
    full = [str(place.wine), *command]
    return run_captured(
        full, cwd=cwd, env={**place.environment(), **(variables or {})}, timeout=LONGEST, error=ToolchainError
    )


def make_prefix(place: Place) -> None:
    """Makes drive C: and the registry.

    Raises:
        ToolchainError: Wine does not start.
    """
    done = run(place, ["wineboot", "-i"], cwd=place.folder)
    # Each `stat` would ask this service for the number of the volume, which takes ten times as long as its
    # other work. Without the service the number is 0; drives are found without it.
    run(place, ["reg", "add", MOUNTS, *DISABLED], cwd=place.folder)
    end_server(place)
    answer = run(place, [str(place.python / "python.exe"), "-c", "print('ready')"], cwd=place.folder)
    if answer.stdout.strip() != b"ready":
        said = (answer.stderr or done.stderr).decode(errors="replace").strip()
        raise ToolchainError(
            "Windows Python does not start in Wine",
            said[-300:] or "it printed nothing",
            "run `tf2exe toolchain windows --remove` and prepare it again",
        )
    end_server(place)


def end_server(place: Place) -> None:
    """Ends the server of this toolchain, with every program that it serves."""
    with suppress(ToolchainError):
        _server(place, "-k")


@contextmanager
def warm_server(place: Place) -> Iterator[None]:
    """Keeps the server while several programs run one after the other."""
    _server(place, LINGERS)
    # Wine's services start with the first program and keep what it inherits, so that it inherits nothing.
    _quietly(place, [str(place.wine), "cmd", "/c", "exit"])
    yield


def _server(place: Place, order: str) -> None:
    _quietly(place, [str(place.server), order])


def _quietly(place: Place, command: Sequence[str]) -> None:
    """Runs a program that leaves the server or its services running."""
    log = place.folder / "wine.log"
    run_detached(command, log=log, cwd=place.folder, env=place.environment(), error=ToolchainError)
