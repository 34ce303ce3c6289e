"""The child process that uses TensorFlow and LiteRT; the builder imports neither.

`python -m tf2exe.convert.runtimes.litert_child REQUEST ANSWER`: `litert_process.py` writes the first JSON
file and reads the second.
"""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf2exe.convert.runtimes.litert_agreement import compare_outputs
from tf2exe.convert.runtimes.litert_check import check_model
from tf2exe.convert.runtimes.litert_convert import convert_model

if TYPE_CHECKING:
    from collections.abc import Callable


def main(request: Path, answer: Path) -> int:
    """Runs the task that a request names, and writes its result."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    run_task = TASKS[asked["do"]]
    answer.write_text(json.dumps(run_task(asked["model"])), encoding="utf-8")
    return 0


def find_version(asked: dict[str, Any]) -> dict[str, str]:
    """The first of the distributions ``names`` that is installed, with its version: ``version``."""
    for name in asked["names"]:
        try:
            return {"version": f"{name} {metadata.version(name)}"}
        except metadata.PackageNotFoundError:
            continue
    raise SystemExit(f"none of {', '.join(asked['names'])} is installed in the Python that converts models")


TASKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "convert": convert_model,
    "check": check_model,
    "compare": compare_outputs,
    "version": find_version,
}


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
