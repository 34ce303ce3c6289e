"""Text that differs from run to run: reads `nuitka_options/parity.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tf2exe.knowledge.data import read_toml


@dataclass(frozen=True)
class VolatileRule:
    """A kind of text that may differ between two runs of the same program.

    Attributes:
        name: its name in reports.
        pattern: a Python regular expression.
        replacement: the text that replaces it on both sides.
        reason: why it may differ.
        label: a description in the plural, for people.
        always: why the rule applies even if the runs of Python agree; empty: then it does not apply.
    """

    name: str
    pattern: str
    replacement: str
    reason: str
    label: str = ""
    always: str = ""


@cache
def read_volatile_rules() -> tuple[VolatileRule, ...]:
    """The rules, in the order in which they are tried."""
    return tuple(VolatileRule(**entry) for entry in read_toml("parity.toml")["volatile"])
