"""Mount namespaces, in which a test mounts file systems that no other process sees."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

import pytest

OF_A_USER = ("--user", "--map-root-user", "--mount")


def unshare(*options: str) -> list[str]:
    """The beginning of a command that runs in namespaces of its own.

    Args:
        options: Of the program `unshare`; by default those with which a user becomes root of them.
    """
    program = shutil.which("unshare")
    if program is None:
        pytest.skip("no `unshare`, which makes mount namespaces: apt install util-linux")
    command = [program, *(options or OF_A_USER)]
    refused = _refusal(tuple(command))
    if refused:
        pytest.skip(f"this system allows no mounts: {refused}")
    return command


@cache
def _refusal(command: tuple[str, ...]) -> str:
    """What the system says against it; empty when it allows it."""
    tried = [*command, "sh", "-c", "mount -t tmpfs none /mnt"]
    done = subprocess.run(tried, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip()[:200] or f"exit code {done.returncode}"
