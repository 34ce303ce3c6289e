"""What is known of Nuitka, platforms and packages: reads `nuitka_options/` into values."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from tf2exe.known_package import AutoGraph, Package, read_package
from tf2exe.shipped_files import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.rules import SpareRule


@dataclass(frozen=True)
class Option:
    """An option for another program, with the reason for it and the file that says so."""

    flag: str
    reason: str
    origin: str
    only: str = ""


@dataclass(frozen=True)
class Volatile:
    """A kind of text that may differ between two runs of the same program.

    Attributes:
        name: its name in reports.
        pattern: a regular expression of Python.
        replacement: the text that replaces it on both sides.
        reason: why it may differ.
        label: what it is, in the plural, for people.
        unmistakable: why Python need not be seen to differ from itself in it; empty: it must be.
    """

    name: str
    pattern: str
    replacement: str
    reason: str
    label: str = ""
    unmistakable: str = ""


@dataclass(frozen=True)
class Platform:
    """What is known of an operating system.

    Attributes:
        machine_libraries: native libraries that are never carried, with the reason.
        launcher_options: options for linking the executable.
        strip: arguments for `strip`; empty: nothing is stripped.
        strip_reason: why.
    """

    machine_libraries: dict[str, str]
    launcher_options: tuple[Option, ...]
    strip: tuple[str, ...]
    strip_reason: str


@dataclass(frozen=True)
class WindowsLibrary:
    """A library that Windows has.

    Attributes:
        name: in lower case; may have wildcards.
        reason: what it is.
        since: the version of Windows that first had it; empty: every version that executables run on.
    """

    name: str
    reason: str
    since: str = ""


@dataclass(frozen=True)
class Compression:
    """How a single file is packed."""

    level: int
    reason: str


def folder() -> Path:
    """The folder of the data."""
    return shipped("nuitka_options")


def _read(name: str) -> dict[str, Any]:
    with (folder() / name).open("rb") as stored:
        return tomllib.load(stored)


def _options(entries: Iterable[dict[str, Any]], origin: str) -> tuple[Option, ...]:
    return tuple(Option(origin=origin, **entry) for entry in entries)


@cache
def nuitka_options(*, debug: bool) -> tuple[Option, ...]:
    """The options that Nuitka gets in every build, in order."""
    base = _options(_read("base.toml")["option"], "nuitka_options/base.toml")
    return base + (_options(_read("debug.toml")["option"], "nuitka_options/debug.toml") if debug else ())


@cache
def c_flags(*, debug: bool) -> tuple[str, ...]:
    """The C compiler's options for the application's modules."""
    own = _read(_platform_file()).get("c_compiler", {"flags": ()})["flags"]
    return (*(() if debug else _read("base.toml")["c_compiler"]["flags"]), *own)


def _platform_file() -> str:
    return "windows.toml" if sys.platform == "win32" else "linux.toml"


@cache
def platform() -> Platform:
    """What is known of the operating system that tf2exe runs on."""
    name = _platform_file()
    data = _read(name)
    return Platform(
        machine_libraries={entry["name"]: entry["reason"] for entry in data["libraries"]["machine"]},
        launcher_options=_options(data.get("launcher_option", ()), f"nuitka_options/{name}"),
        strip=tuple(data["strip"]["arguments"]),
        strip_reason=data["strip"]["reason"],
    )


@cache
def glibc_libraries() -> dict[str, str]:
    """The libraries that every Linux with glibc has, with the reason."""
    return {entry["name"]: entry["reason"] for entry in _read("linux.toml")["libraries"]["machine"]}


@cache
def windows_libraries() -> tuple[WindowsLibrary, ...]:
    """The libraries of every supported Windows."""
    return tuple(WindowsLibrary(**entry) for entry in _read("windows.toml")["libraries"]["machine"])


@cache
def libraries_of_most_windows() -> tuple[WindowsLibrary, ...]:
    """The libraries that some editions of Windows lack."""
    return tuple(WindowsLibrary(**entry) for entry in _read("windows.toml")["libraries"]["most"])


@cache
def windows_names() -> dict[str, str]:
    """What versions of Windows are called, by number."""
    pairs = (text.partition(" ") for text in _read("windows.toml")["versions"]["names"])
    return {number: name for number, _, name in pairs}


@cache
def compression() -> Compression:
    """How a single file is packed unless the user says otherwise."""
    return Compression(**_read("onefile.toml")["compression"])


@cache
def volatiles() -> tuple[Volatile, ...]:
    """The kinds of text that may differ between two runs, in the order in which they are tried."""
    return tuple(Volatile(**entry) for entry in _read("parity.toml")["volatile"])


@cache
def packages() -> tuple[Package, ...]:
    """All that is known of packages."""
    names = sorted(path.name for path in (folder() / "packages").glob("*.toml"))
    return tuple(read_package(_read(f"packages/{name}"), f"nuitka_options/packages/{name}") for name in names)


@cache
def spares() -> tuple[SpareRule, ...]:
    """The files that not every application can reach, of all packages."""
    return tuple(rule for package in packages() for rule in package.spares)


@cache
def about(distribution: str) -> tuple[Package, ...]:
    """What is known of one distribution: its own entry, if there is one, and that for all."""
    name = canonicalize_name(distribution)
    general = () if name == "python" else ("*",)
    return tuple(p for p in packages() if name in p.names or any(n in p.names for n in general))


@cache
def autograph() -> AutoGraph | None:
    """What is known of the converter that reads the application's sources."""
    return next((package.autograph for package in packages() if package.autograph), None)
