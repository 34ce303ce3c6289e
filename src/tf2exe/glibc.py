"""What is known of glibc's versions: reads `nuitka_options/glibc.toml` into a value."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from tf2exe import knowledge


@dataclass(frozen=True)
class Glibc:
    """How files can do with an older glibc.

    Attributes:
        machine: the processor for which this holds, in ELF's words.
        shells: libraries that functions were in before, with the reason.
        moved: the older version of the same function, by name and version.
        brought: functions that the executable brings, by name and version.
        reasons: of each function's entry.
        most_constructors: files with more of them keep the version of these functions.
    """

    machine: str
    shells: dict[str, str]
    moved: dict[tuple[str, str], str]
    brought: frozenset[tuple[str, str]]
    reasons: dict[tuple[str, str], str]
    most_constructors: dict[tuple[str, str], int]

    @property
    def newer(self) -> frozenset[str]:
        """The versions that can be done without, at least for some functions."""
        return frozenset(version for _, version in self.reasons)

    def instead(self, symbol: str, version: str, constructors: int) -> str | None:
        """The older version; empty: the executable brings it; None: nothing can stand for it.

        Args:
            symbol: the function.
            version: of it, as `GLIBC_2.34`.
            constructors: how many the file has that asks for it.
        """
        key = symbol, version
        if constructors > self.most_constructors.get(key, constructors):
            return None
        return "" if key in self.brought else self.moved.get(key)


@cache
def known() -> Glibc:
    """What is known."""
    data = tomllib.loads((knowledge.folder() / "glibc.toml").read_text(encoding="utf-8"))
    moved, brought, reasons, most = {}, set(), {}, {}
    for entry in (*data["moved"], *data["brought"]):
        for symbol in entry["symbols"]:
            key = symbol, f"GLIBC_{entry['from']}"
            reasons[key] = entry["reason"]
            if "most_constructors" in entry:
                most[key] = entry["most_constructors"]
            if "to" in entry:
                moved[key] = f"GLIBC_{entry['to']}"
            else:
                brought.add(key)
    shells = {entry["library"]: entry["reason"] for entry in data["shell"]}
    return Glibc(data["processor"]["machine"], shells, moved, frozenset(brought), reasons, most)
