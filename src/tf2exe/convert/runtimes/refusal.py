"""The errors for models that LiteRT cannot run: the cause and the remedy."""

from __future__ import annotations

import fnmatch
import json
from typing import TYPE_CHECKING, Any

from tf2exe.errors import ConversionError
from tf2exe.knowledge import runtimes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_CHARACTERS = 300
"""The maximum length of an error message of a library."""

OTHER_RUNTIME = "or build with --runtime tensorflow"
REPLACE_LAYERS = "replace the layers that need them"
COMPLETE_FILE = "give a complete model file (this one is damaged, or not a model)"
SAVED_MODEL = (
    "give a SavedModel (`model.export(folder)`), which contains the code of custom layers and functions"
)


def raise_if_refused(answer: dict[str, Any], source: Path, log: Path) -> None:
    """Raises an error if the child process could not convert or load a model.

    Args:
        answer: the result of the child process; empty: it succeeded.
        source: the model.
        log: gets the complete answer.

    Raises:
        ConversionError: the model was refused; names the unsupported operations, if that is the cause.
    """
    if not answer:
        return
    with log.open("a", encoding="utf-8") as out:
        out.write(f"{json.dumps(answer, indent=1)}\n")
    why, remedy = _explain(answer)
    raise ConversionError(f"LiteRT cannot run {source.name}", why, f"{remedy}, {OTHER_RUNTIME}", log)


def _explain(answer: dict[str, Any]) -> tuple[str, str]:
    """The cause and the remedy."""
    if operations := answer["operations"]:
        return f"it has operations that LiteRT does not have: {', '.join(operations)}", remedy_for(operations)
    if unknown := answer["unknown"]:
        return f"Keras does not know its {', '.join(unknown)}", SAVED_MODEL
    why = answer["error"][:MAX_CHARACTERS]
    return why, SAVED_MODEL if answer["loaded"] else COMPLETE_FILE


def remedy_for(operations: Iterable[str]) -> str:
    """The remedy for operations that LiteRT does not have."""
    known = {
        entry.remedy: None
        for entry in runtimes.read_rules("litert").operations
        if any(fnmatch.fnmatchcase(name, pattern) for name in operations for pattern in entry.names)
    }
    return "; ".join(known) or REPLACE_LAYERS
