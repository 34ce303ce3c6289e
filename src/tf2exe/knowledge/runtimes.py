"""The rules for runtimes: reads `nuitka_options/runtimes/`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tf2exe.knowledge.data import read_toml


@dataclass(frozen=True)
class ExcludedModule:
    """A package that is never bundled with a runtime, even if a module imports it."""

    module: str
    reason: str
    origin: str


@dataclass(frozen=True)
class Precision:
    """How closely a converted model must agree with the original.

    Attributes:
        name: as in the settings.
        top_1: the part of the predictions that must have the same top-1 class, 0 to 1.
        difference: the largest allowed difference between outputs, relative to their largest value where that
            is above 1.
        reason: why.
    """

    name: str
    top_1: float
    difference: float
    reason: str


@dataclass(frozen=True)
class UnsupportedOperations:
    """Operations that a runtime lacks, and the remedy.

    Attributes:
        names: patterns.
        remedy: what to do.
        reason: where they come from.
    """

    names: tuple[str, ...]
    remedy: str
    reason: str


@dataclass(frozen=True)
class RuntimeRules:
    """The rules for one runtime."""

    exclude: tuple[ExcludedModule, ...]
    precisions: tuple[Precision, ...]
    operations: tuple[UnsupportedOperations, ...]

    def precision(self, name: str) -> Precision:
        """The required agreement of a model with a precision."""
        return next(precision for precision in self.precisions if precision.name == name)


@cache
def read_rules(runtime: str) -> RuntimeRules:
    """The rules for a runtime."""
    file = f"runtimes/{runtime}.toml"
    data, origin = read_toml(file), f"nuitka_options/{file}"
    return RuntimeRules(
        exclude=tuple(ExcludedModule(origin=origin, **entry) for entry in data.get("exclude_package", ())),
        precisions=tuple(Precision(**entry) for entry in data.get("precision", ())),
        operations=tuple(
            UnsupportedOperations(tuple(entry["names"]), entry["remedy"], entry["reason"])
            for entry in data.get("operations", ())
        ),
    )
