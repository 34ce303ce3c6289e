"""What `tf2exe doctor` says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        check: what was looked at.
        level: ok; warning: a build works, but worse; error: it cannot succeed.
        fact: what is there.
        remedy: what to do; empty where nothing has to be done.
    """

    check: str
    level: Level
    fact: str
    remedy: str = ""
