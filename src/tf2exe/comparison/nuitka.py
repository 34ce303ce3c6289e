"""Plain Nuitka, which compiles every package. It takes hours, so it has a time limit."""

from __future__ import annotations

import os
import sys
import time
from threading import Timer
from typing import TYPE_CHECKING

from tf2exe.errors import CompileError
from tf2exe.system.cancellation import CancellationToken
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.application import Application


def build(application: Application, folder: Path, *, minutes: float) -> tuple[float, Path, str]:
    """Builds in Nuitka's standalone mode.

    Returns:
        Seconds, the program, and the reason if there is none.
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
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(root) for root in application.roots)}
    log = folder / "nuitka.log"
    limit = CancellationToken()
    timer = Timer(minutes * 60, limit.cancel)
    timer.daemon = True
    begin = time.monotonic()
    timer.start()
    try:
        run_logged(command, log=log, cwd=folder, env=env, cancellation=limit)
        problem = ""
    except CompileError as error:
        problem = f"{error.what}: {error.why.partition(',')[0]}; see {log}"
    finally:
        timer.cancel()
    seconds = time.monotonic() - begin
    programs = sorted(folder.glob(f"*.dist/{application.name}*"))
    if problem and limit.is_cancelled:
        return seconds, folder, f"not finished after {minutes:g} minutes"
    if problem or not programs:
        return seconds, folder, problem or f"Nuitka wrote no program; see {log}"
    return seconds, programs[0], ""
