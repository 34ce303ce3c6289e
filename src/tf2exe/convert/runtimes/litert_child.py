"""The part of a conversion that needs TensorFlow or LiteRT: a child process; the builder loads neither.

`python -m tf2exe.convert.runtimes.litert_child REQUEST ANSWER`; `litert.py` writes and reads both JSON files.
"""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf2exe.convert.runtimes.litert_agreement import compare
from tf2exe.convert.runtimes.litert_check import check
from tf2exe.convert.runtimes.litert_convert import convert

if TYPE_CHECKING:
    from collections.abc import Callable


def main(request: Path, answer: Path) -> int:
    """Does what a request asks for."""
    asked = json.loads(request.read_text(encoding="utf-8"))
    does: dict[str, Callable[[Any], Any]] = {
        "convert": convert,
        "check": check,
        "compare": compare,
        "version": version,
    }
    do = does[asked["do"]]
    answer.write_text(json.dumps(do(asked["model"])), encoding="utf-8")
    return 0


def version(asked: dict[str, Any]) -> dict[str, str]:
    """The first of some distributions that is installed, with its version."""
    for name in asked["names"]:
        try:
            return {"version": f"{name} {metadata.version(name)}"}
        except metadata.PackageNotFoundError:
            continue
    raise SystemExit(f"none of {', '.join(asked['names'])} is installed in the Python that converts models")


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
