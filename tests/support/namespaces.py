"""Mount namespaces: a test mounts file systems that no other process sees."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

import pytest

USER_OPTIONS = ("--user", "--map-root-user", "--mount")


def unshare_command(*options: str) -> list[str]:
    """The beginning of a command that runs in new namespaces. Skips the test if the system allows no mounts.

    Args:
        options: For `unshare`. By default, the user becomes root in the namespaces.
    """
    program = shutil.which("unshare")
    if program is None:
        pytest.skip("unshare is not installed: apt install util-linux")
    command = [program, *(options or USER_OPTIONS)]
    error = _mount_error(tuple(command))
    if error:
        pytest.skip(f"this system allows no mounts: {error}")
    return command


@cache
def _mount_error(command: tuple[str, ...]) -> str:
    """The error message of a mount in these namespaces; empty if it works."""
    mount = [*command, "sh", "-c", "mount -t tmpfs none /mnt"]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip()[:200] or f"exit code {done.returncode}"
