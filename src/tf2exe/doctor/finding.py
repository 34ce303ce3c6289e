"""The result of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """The result of a check.

    Attributes:
        check: the name of the check.
        level: `ok`; `warning`: a build works, with drawbacks; `error`: a build fails.
        fact: what was found.
        remedy: what to do; empty if nothing.
    """

    check: str
    level: Level
    fact: str
    remedy: str = ""
