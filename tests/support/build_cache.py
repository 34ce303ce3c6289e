"""A cache of what tests share: each thing is made once per session, by the worker that needs it first."""

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

LONGEST_WAIT = 1800
"""Seconds that a worker waits for another one that makes the same thing."""


class Once:
    """Makes each thing once per session: the worker that needs it first makes it, the others wait.

    A thing is a folder; a record beside it says that it is whole, or why it could not be made: what failed
    once is told to whoever asks, not tried again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, what: str, how: Callable[[Path], None]) -> Path:
        """Returns the folder of `what`, which `how` has filled, here or in another worker."""
        name = f"{re.sub('[^a-z0-9]+', '-', what.lower())[:32].strip('-')}-{digest(what)}"
        folder, record = self.folder / name, self.folder / f"{name}.json"
        with FileLock(f"{record}.lock", timeout=LONGEST_WAIT):
            if not record.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                failure = _failure(how, folder)
                record.write_text(json.dumps({"what": what, "failure": failure}), encoding="utf-8")
                if failure:
                    pytest.fail(failure, pytrace=False)
        failure = json.loads(record.read_text(encoding="utf-8"))["failure"]
        if failure:
            pytest.fail(f"failed already: {failure.splitlines()[0][:300]}", pytrace=False)
        return folder


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def _failure(how: Callable[[Path], None], folder: Path) -> str:
    """Why it cannot be made; empty when it was."""
    try:
        how(folder)
    except (AssertionError, OSError, subprocess.SubprocessError, pytest.fail.Exception) as error:
        return str(error) or repr(error)
    return ""
