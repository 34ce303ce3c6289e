"""Options of Nuitka, the C compiler and the compression, with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from tf2exe.knowledge.data import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Option:
    """An option for another program.

    Attributes:
        flag: the option.
        reason: why it is given.
        origin: the file that it is from.
        only: `nothing-compiled`: left out if the setting `compile` names third-party packages; empty: always.
    """

    flag: str
    reason: str
    origin: str
    only: str = ""


@dataclass(frozen=True)
class Compression:
    """The compression of a onefile."""

    level: int
    reason: str


def parse_options(entries: Iterable[dict[str, Any]], file: str) -> tuple[Option, ...]:
    """The options of a file of `nuitka_options/`, in its order."""
    return tuple(Option(origin=f"nuitka_options/{file}", **entry) for entry in entries)


@cache
def read_nuitka_options(*, debug: bool) -> tuple[Option, ...]:
    """The options of Nuitka in every build, in order."""
    files = ("base.toml", "debug.toml") if debug else ("base.toml",)
    return tuple(option for file in files for option in parse_options(read_toml(file)["option"], file))


@cache
def read_compression() -> Compression:
    """The default compression of a onefile."""
    return Compression(**read_toml("onefile.toml")["compression"])
