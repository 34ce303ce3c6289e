"""Runs the child process that uses TensorFlow and LiteRT; the builder imports neither."""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from tf2exe.errors import ConversionError, MachineError
from tf2exe.system import wine_host
from tf2exe.system.process import run_logged

CHILD = "tf2exe.convert.runtimes.litert_child"
CONVERTERS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel")
"""Distributions that have TensorFlow's converter."""


def run_child(task: str, request: dict[str, Any], folder: Path, log: Path) -> dict[str, Any]:
    """Runs one task of `litert_child.py`. In Wine, the Python of the host runs it.

    Args:
        task: its name in `litert_child.TASKS`.
        request: the argument of the task.
        folder: for the files that both processes exchange.
        log: gets the output of the child process.

    Returns:
        The result of the task.

    Raises:
        ConversionError: the child process failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    request_file, answer_file = folder / "request.json", folder / "answer.json"
    package = Path(__file__).resolve().parents[3]
    host_command = wine_host.module_command(CHILD, str(package))
    asked = {"do": task, "model": wine_host.unix_paths(request) if host_command else request}
    request_file.write_text(json.dumps(asked), encoding="utf-8")
    command = [*(host_command or [sys.executable, "-m", CHILD]), str(request_file), str(answer_file)]
    env = _child_environment(package)
    run_logged(command, log=log, cwd=folder, env=env, error=ConversionError, remedy="see the log")
    answer: dict[str, Any] = json.loads(answer_file.read_text(encoding="utf-8"))
    return answer


def _child_environment(package: Path) -> dict[str, str]:
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(package), *([inherited] if inherited else [])])
    return {**os.environ, "PYTHONPATH": path, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}


def installed_version(*names: str) -> str:
    """The first of some distributions that is installed, with its version: ``NAME VERSION``.

    Raises:
        MachineError: none is installed.
    """
    for name in names:
        try:
            return f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    raise MachineError(
        f"no {names[0]}", "the runtime litert requires it for this build", f"pip install {names[-1]}"
    )


def converter_version(folder: Path, log: Path) -> str:
    """The distribution that converts, with its version. In Wine, it is installed on the host.

    Raises:
        MachineError: it is not installed.
    """
    if wine_host.module_command("", "") is None:
        return installed_version(*CONVERTERS)
    version: str = run_child("version", {"names": list(CONVERTERS)}, folder, log)["version"]
    return version
