"""The pinned components of the toolchain: `nuitka_options/toolchain.toml`."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from tf2exe.convert.runtimes import RUNTIMES
from tf2exe.knowledge.data import data_folder

COMPARE = "compare"
"""The package group of `tf2exe compare`: PyInstaller, Jinja."""
GROUPS = ("builder", COMPARE, *sorted(RUNTIMES), "system")
"""The users of a wheel; see the data file."""


@dataclass(frozen=True)
class Rootfs:
    """The Debian packages that contain Wine."""

    suite: str
    packages: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Pin:
    """A file on PyPI with its hash.

    Attributes:
        name: of the distribution.
        version: of the distribution.
        sha256: of the file.
        groups: its users.
        reason: for this version; empty for the newest.
    """

    name: str
    version: str
    sha256: str
    groups: tuple[str, ...] = ()
    reason: str = ""

    @property
    def line(self) -> str:
        """Its line in a requirements file."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True)
class Pins:
    """All pins."""

    rootfs: Rootfs
    python: Pin
    python_version: str
    nuitka: Pin
    wheels: tuple[Pin, ...]

    def of(self, group: str) -> tuple[Pin, ...]:
        """The wheels of a group."""
        return tuple(pin for pin in self.wheels if group in pin.groups)


@cache
def read_pins() -> Pins:
    """Reads the data file."""
    data = tomllib.loads((data_folder() / "toolchain.toml").read_text(encoding="utf-8"))
    rootfs = data["rootfs"]
    version = data["python"].pop("python")
    return Pins(
        rootfs=Rootfs(rootfs["suite"], tuple(rootfs["packages"]), rootfs["reason"]),
        python=Pin(**data["python"]),
        python_version=version,
        nuitka=Pin(**data["nuitka"]),
        wheels=tuple(Pin(groups=tuple(entry.pop("for")), **entry) for entry in data["wheel"]),
    )


def fingerprint(*parts: Any) -> str:  # noqa: ANN401 - any value with attributes or in JSON
    """A hash of the sources of a component."""
    text = json.dumps(parts, default=lambda value: getattr(value, "__dict__", str(value)), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
