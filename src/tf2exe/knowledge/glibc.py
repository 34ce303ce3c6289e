"""Versioned symbols of glibc that files can do without: reads `nuitka_options/glibc.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from tf2exe import knowledge


@dataclass(frozen=True)
class Glibc:
    """How files run with an older glibc than the one that they were linked with.

    A function is given by its name and its version, such as ``("pthread_create", "GLIBC_2.34")``.

    Attributes:
        machine: the processor that this applies to, as ELF names it.
        compat_libraries: libraries that hold functions in older glibcs, with the reason.
        renamed: the older version of the same function.
        polyfilled: functions that the launcher provides.
        reasons: the reason of each function's entry.
        max_constructors: files with more constructors keep the version of these functions.
    """

    machine: str
    compat_libraries: dict[str, str]
    renamed: dict[tuple[str, str], str]
    polyfilled: frozenset[tuple[str, str]]
    reasons: dict[tuple[str, str], str]
    max_constructors: dict[tuple[str, str], int]

    @property
    def replaceable(self) -> frozenset[str]:
        """The versions of which at least one function is renamed or polyfilled."""
        return frozenset(version for _, version in self.reasons)

    def substitute(self, symbol: str, version: str, constructors: int) -> str | None:
        """The older version of a function; empty if it is polyfilled, None if it must stay as it is.

        Args:
            symbol: the name of the function.
            version: its version, such as `GLIBC_2.34`.
            constructors: the number of constructors of the file that references it.
        """
        key = symbol, version
        if constructors > self.max_constructors.get(key, constructors):
            return None
        return "" if key in self.polyfilled else self.renamed.get(key)


@cache
def known() -> Glibc:
    """The content of `glibc.toml`."""
    data = tomllib.loads((knowledge.folder() / "glibc.toml").read_text(encoding="utf-8"))
    renamed, polyfilled, reasons, limits = {}, set(), {}, {}
    for entry in (*data["renamed"], *data["polyfilled"]):
        for symbol in entry["symbols"]:
            key = symbol, f"GLIBC_{entry['from']}"
            reasons[key] = entry["reason"]
            if "max_constructors" in entry:
                limits[key] = entry["max_constructors"]
            if "to" in entry:
                renamed[key] = f"GLIBC_{entry['to']}"
            else:
                polyfilled.add(key)
    libraries = {entry["library"]: entry["reason"] for entry in data["compat_library"]}
    return Glibc(data["processor"]["machine"], libraries, renamed, frozenset(polyfilled), reasons, limits)
