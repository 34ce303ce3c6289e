"""The rules for running with an older glibc: reads `nuitka_options/glibc.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tf2exe.knowledge.data import read_toml


@dataclass(frozen=True)
class GlibcRules:
    """How files that were linked with a newer glibc run with an older one.

    A function is given by its name and its version, such as ``("pthread_create", "GLIBC_2.34")``.

    Attributes:
        machine: the processor that the rules apply to, as ELF names it.
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
def read_rules() -> GlibcRules:
    """The content of `glibc.toml`."""
    data = read_toml("glibc.toml")
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
    return GlibcRules(
        data["processor"]["machine"], libraries, renamed, frozenset(polyfilled), reasons, limits
    )
