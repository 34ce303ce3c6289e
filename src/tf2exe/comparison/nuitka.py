"""Plain Nuitka, as its documentation says: everything compiled. It takes hours, so it has a time limit."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tf2exe.process import end_group

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.application import Application


def build(application: Application, folder: Path, *, minutes: float) -> tuple[float, Path, str]:
    """Builds in Nuitka's standalone mode.

    Returns:
        Seconds, the program, and why there is none.
    """
    entry = application.entry
    target = str(entry.source) if entry.source else entry.target
    command = [
        *(sys.executable, "-m", "nuitka", "--mode=standalone", "--assume-yes-for-downloads"),
        f"--output-dir={folder}",
        f"--output-filename={application.name}",
        *(f"--include-module={name}" for name in application.settings.include_module),
        *(f"--include-data-files={file.source}={file.destination}" for file in application.data),
        target,
    ]
    roots = os.pathsep.join(str(root) for root in application.roots)
    begin = time.monotonic()
    with (folder / "nuitka.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": roots},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=sys.platform != "win32",
        )
        try:
            code: int | None = process.wait(timeout=minutes * 60)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                end_group(process)
                process.wait()
    seconds = time.monotonic() - begin
    programs = sorted(folder.glob(f"*.dist/{application.name}*"))
    if code is None:
        return seconds, folder, f"not finished after {minutes:g} minutes"
    if code or not programs:
        return seconds, folder, f"Nuitka failed with exit code {code}; see {folder / 'nuitka.log'}"
    return seconds, programs[0], ""
