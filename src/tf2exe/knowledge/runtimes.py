"""What is known of the runtimes: reads `nuitka_options/runtimes/` into values."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from tf2exe import knowledge


@dataclass(frozen=True)
class Excluded:
    """A package that an executable with a runtime does not carry, whatever imports it."""

    module: str
    reason: str
    origin: str


@dataclass(frozen=True)
class Precision:
    """How exactly a converted model must answer.

    Attributes:
        name: as in the settings.
        top_1: the part of the predictions whose most probable class must be the same.
        difference: the largest one of an output, measured in its largest value where that is above 1.
        reason: why.
    """

    name: str
    top_1: float
    difference: float
    reason: str


@dataclass(frozen=True)
class Operations:
    """Operations that a runtime does not have, and what a user does about them.

    Attributes:
        names: patterns.
        remedy: what to do.
        reason: where they come from.
    """

    names: tuple[str, ...]
    remedy: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """What is known of one runtime."""

    exclude: tuple[Excluded, ...]
    precisions: tuple[Precision, ...]
    operations: tuple[Operations, ...]

    def precision(self, name: str) -> Precision:
        """What is asked of a model of a precision."""
        return next(precision for precision in self.precisions if precision.name == name)


@cache
def about(runtime: str) -> Facts:
    """What is known of a runtime."""
    path = knowledge.folder() / "runtimes" / f"{runtime}.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    origin = f"nuitka_options/runtimes/{path.name}"
    return Facts(
        exclude=tuple(Excluded(origin=origin, **entry) for entry in data.get("exclude_package", ())),
        precisions=tuple(Precision(**entry) for entry in data.get("precision", ())),
        operations=tuple(
            Operations(tuple(entry["names"]), entry["remedy"], entry["reason"])
            for entry in data.get("operations", ())
        ),
    )
