"""What a build says of a model that LiteRT cannot compute: why, and what to do."""

from __future__ import annotations

import fnmatch
import json
from typing import TYPE_CHECKING, Any

from tf2exe.errors import ConversionError
from tf2exe.knowledge import runtimes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LONGEST = 300
OTHERWISE = "or build with --runtime tensorflow"
REPLACE = "replace the layers that need them"
WHOLE = "give a complete model file (this one is damaged, or not a model)"
OWN_CODE = (
    "give a SavedModel (`model.export(folder)`), which contains the code of custom layers and functions"
)


def refuse(answer: dict[str, Any], source: Path, log: Path) -> None:
    """Fails where the child process could not convert or load a model.

    Args:
        answer: of the child process; empty: it could.
        source: the model.
        log: takes the whole answer.

    Raises:
        ConversionError: with the names of the operations that are in the way, where these are.
    """
    if not answer:
        return
    with log.open("a", encoding="utf-8") as out:
        out.write(f"{json.dumps(answer, indent=1)}\n")
    why, remedy = _why(answer)
    raise ConversionError(f"LiteRT cannot run {source.name}", why, f"{remedy}, {OTHERWISE}", log)


def _why(answer: dict[str, Any]) -> tuple[str, str]:
    if operations := answer["operations"]:
        return f"it has operations that LiteRT does not have: {', '.join(operations)}", remedy_for(operations)
    if unknown := answer["unknown"]:
        return f"Keras does not know its {', '.join(unknown)}", OWN_CODE
    why = answer["error"][:LONGEST]
    return why, OWN_CODE if answer["loaded"] else WHOLE


def remedy_for(operations: Iterable[str]) -> str:
    """What to do about operations that LiteRT does not have."""
    known = {
        entry.remedy: None
        for entry in runtimes.read_rules("litert").operations
        if any(fnmatch.fnmatchcase(name, pattern) for name in operations for pattern in entry.names)
    }
    return "; ".join(known) or REPLACE
