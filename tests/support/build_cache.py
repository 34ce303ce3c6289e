"""A cache of builds and files that tests share. The first worker that needs an entry makes it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOCK_TIMEOUT = 1800
"""Seconds that a worker waits while another worker makes the same entry."""


class BuildCache:
    """Makes each entry once per session. The worker that needs it first makes it; the others wait.

    An entry is a folder. A record next to it says that it is complete, or why it could not be made. A failure
    is reported to every test that needs the entry, and the entry is not made again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get_or_make(self, name: str, fill: Callable[[Path], None]) -> Path:
        """Returns the folder of an entry, which `fill(folder)` has filled in some worker."""
        key = f"{re.sub('[^a-z0-9]+', '-', name.lower())[:32].strip('-')}-{short_hash(name)}"
        folder, record = self.folder / key, self.folder / f"{key}.json"
        with FileLock(f"{record}.lock", timeout=LOCK_TIMEOUT):
            if not record.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                failure = _fill(fill, folder)
                record.write_text(json.dumps({"name": name, "failure": failure}), encoding="utf-8")
                if failure:
                    pytest.fail(failure, pytrace=False)
        failure = json.loads(record.read_text(encoding="utf-8"))["failure"]
        if failure:
            pytest.fail(f"failed already: {failure.splitlines()[0][:300]}", pytrace=False)
        return folder


def short_hash(text: str) -> str:
    """Ten hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def _fill(fill: Callable[[Path], None], folder: Path) -> str:
    """Fills a folder; returns the reason for a failure, or an empty text."""
    try:
        fill(folder)
    except (AssertionError, OSError, subprocess.SubprocessError, pytest.fail.Exception) as error:
        return str(error) or repr(error)
    return ""
