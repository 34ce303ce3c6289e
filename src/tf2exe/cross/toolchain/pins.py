"""What the toolchain is made of: `nuitka_options/toolchain.toml`."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from tf2exe import knowledge
from tf2exe.convert.runtimes import RUNTIMES

COMPARE = "compare"
"""The group of what builds and draws the comparison: PyInstaller, Jinja."""
GROUPS = ("builder", COMPARE, *sorted(RUNTIMES), "system")
"""Whom a wheel is for; see the data file."""


@dataclass(frozen=True)
class Machine:
    """The Debian packages whose files hold Wine."""

    suite: str
    packages: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Pin:
    """A file of PyPI, by its hash.

    Attributes:
        name: of the distribution.
        version: of it.
        sha256: of the file.
        groups: whom it is for.
        reason: why this version; empty: it was the newest.
    """

    name: str
    version: str
    sha256: str
    groups: tuple[str, ...] = ()
    reason: str = ""

    @property
    def line(self) -> str:
        """As pip reads it in a list of requirements."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True)
class Pins:
    """All of it."""

    machine: Machine
    python: Pin
    python_version: str
    nuitka: Pin
    wheels: tuple[Pin, ...]

    def of(self, group: str) -> tuple[Pin, ...]:
        """The wheels of a group."""
        return tuple(pin for pin in self.wheels if group in pin.groups)


@cache
def pins() -> Pins:
    """Reads the data file."""
    data = tomllib.loads((knowledge.folder() / "toolchain.toml").read_text(encoding="utf-8"))
    machine = data["machine"]
    version = data["python"].pop("python")
    return Pins(
        machine=Machine(machine["suite"], tuple(machine["packages"]), machine["reason"]),
        python=Pin(**data["python"]),
        python_version=version,
        nuitka=Pin(**data["nuitka"]),
        wheels=tuple(Pin(groups=tuple(entry.pop("for")), **entry) for entry in data["wheel"]),
    )


def digest(*parts: Any) -> str:  # noqa: ANN401 - whatever a piece is made of
    """Names what a piece of the toolchain was made of."""
    text = json.dumps(parts, default=lambda value: getattr(value, "__dict__", str(value)), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
