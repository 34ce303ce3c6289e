"""Runs a sample, in Python or in the executable, and captures its result."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe.errors import SampleError
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tf2exe.config.application import Application, Sample
    from tf2exe.system.cancellation import CancellationToken

TIMEOUT = 1800.0
"""Seconds after which a sample is killed."""

TERMINAL_VARIABLES = (
    "COLUMNS",
    "LINES",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
)
"""Variables of the terminal; the output must not depend on them."""

PATH_VARIABLES = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHOME",
    "PYTHONNOUSERSITE",
    "PYTHONPATH",
    "PYTHONPYCACHEPREFIX",
    "PYTHONUSERBASE",
)
"""Variables of Python with paths; these stay, unlike those that change its behaviour."""


@dataclass(frozen=True)
class RunResult:
    """The result of one sample run.

    Attributes:
        sample: the name of the sample.
        exit_code: negative: the signal that ended the program.
        stdout: standard output.
        stderr: standard error.
        files: files that it wrote, relative to the working folder, with the SHA-256 of their content.
        folder: the working folder; its path may appear in the output.
        seconds: wall-clock time of the whole process.
    """

    sample: str
    exit_code: int
    stdout: bytes
    stderr: bytes
    files: tuple[tuple[str, str], ...]
    folder: Path
    seconds: float


def python_command(application: Application, stub: Path) -> list[str]:
    """How the application is started in Python, as its user would."""
    entry = application.entry
    if entry.kind == "script":
        return [sys.executable, entry.target]
    if entry.kind == "package":
        return [sys.executable, "-m", entry.target]
    module, _, function = entry.target.partition(":")
    stub.write_text(
        f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n", encoding="utf-8"
    )
    return [sys.executable, str(stub)]


def python_environment(application: Application, *extra: str, models: Path | None = None) -> dict[str, str]:
    """The environment of a pure-Python run: the user's, with the application's folders on the path.

    An executable ignores what steers the interpreter (unbuffered streams, warnings, a hash seed), and is
    judged without a terminal; Python has to do without them, too, or it would answer otherwise.

    Args:
        application: the application.
        extra: further folders, which come first on the path.
        models: the folder of converted models, for `TF2EXE_CONVERTED`; None: the program uses its own.
    """
    env = {key: value for key, value in os.environ.items() if not _steers_python(key)}
    roots = [str(root) for root in application.roots]
    path = [*extra, *roots, *([os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else [])]
    converted = {"TF2EXE_CONVERTED": str(models)} if models else {}
    texts = {"PYTHONUTF8": "1"} if application.target.is_windows else {}  # as in the executable
    return {**env, **converted, **texts, "PYTHONPATH": os.pathsep.join(path)}


def _steers_python(variable: str) -> bool:
    return variable in ("TF2EXE_TRACE", *TERMINAL_VARIABLES) or (
        variable.startswith("PYTHON") and variable not in PATH_VARIABLES
    )


def run_sample(
    sample: Sample,
    command: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    cancellation: CancellationToken | None = None,
) -> RunResult:
    """Runs one sample in a fresh working folder that holds its input files, and ends all its processes.

    Raises:
        SampleError: the program cannot be started, does not end, starts too many processes, or it was
            cancelled.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sample.copy_inputs(folder)
    before = _contents(folder)
    done = run_captured(
        [*command, *sample.arguments],
        cwd=folder,
        env={**env, **dict(sample.environment)},
        stdin=sample.stdin.read_bytes() if sample.stdin else b"",
        stdout=sample.stdout,
        stderr=sample.stderr,
        timeout=TIMEOUT,
        error=SampleError,
        contained=True,
        cancellation=cancellation,
    )
    written = {name: digest for name, digest in _contents(folder).items() if before.get(name) != digest}
    return RunResult(
        sample.name,
        done.exit_code,
        done.stdout,
        done.stderr,
        tuple(sorted(written.items())),
        folder,
        done.seconds,
    )


def raise_if_crashed(answer: RunResult, log: Path) -> None:
    """Refuses a result with a traceback or a signal.

    Raises:
        SampleError: with the last line of standard error.
    """
    if answer.exit_code >= 0 and b"Traceback (most recent call last):" not in answer.stderr:
        return
    lines = answer.stderr.decode(errors="replace").strip().splitlines()
    with log.open("a", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")
    raise SampleError(
        f"sample '{answer.sample}' fails in Python",
        lines[-1] if lines else f"exit code {answer.exit_code}",
        "run it in Python and give a command line that works",
        log,
    )


def _contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
