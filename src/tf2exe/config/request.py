"""A build, as the command line describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@dataclass(frozen=True)
class Request:
    """A build, as the command line describes it.

    Attributes:
        config: a `pyproject.toml`; None: the one in the folder, if it exists.
        given: settings of the command line, by key.
        folder: the current folder.
        dry_run: stop after the plan.
        check: run the stage verify.
    """

    config: Path | None
    given: dict[str, Any]
    folder: Path
    dry_run: bool = False
    check: bool = True
