"""Knowledge about Nuitka, platforms and packages: reads `nuitka_options/` into values."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from tf2exe.knowledge.package_rules import AutoGraph, Package, read_package
from tf2exe.system.shipped_files import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


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
class Volatile:
    """A kind of text that may differ between two runs of the same program.

    Attributes:
        name: its name in reports.
        pattern: a Python regular expression.
        replacement: the text that replaces it on both sides.
        reason: why it may differ.
        label: what it is, in the plural, for people.
        unmistakable: why the rule applies even if the runs of Python agree; empty: it does not.
    """

    name: str
    pattern: str
    replacement: str
    reason: str
    label: str = ""
    unmistakable: str = ""


@dataclass(frozen=True)
class Platform:
    """Knowledge about an operating system.

    Attributes:
        system_libraries: native libraries that are never bundled, with the reason.
        launcher_options: linker options for the launcher.
        strip: arguments for `strip`; empty: nothing is stripped.
        strip_reason: the reason.
    """

    system_libraries: dict[str, str]
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
    """The compression of a onefile."""

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
    """The options of Nuitka in every build, in order."""
    base = _options(_read("base.toml")["option"], "nuitka_options/base.toml")
    return base + (_options(_read("debug.toml")["option"], "nuitka_options/debug.toml") if debug else ())


@cache
def c_flags(*, debug: bool) -> tuple[str, ...]:
    """The options of the C compiler for the application's modules."""
    own = _read(_platform_file()).get("c_compiler", {"flags": ()})["flags"]
    return (*(() if debug else _read("base.toml")["c_compiler"]["flags"]), *own)


def _platform_file() -> str:
    return "windows.toml" if sys.platform == "win32" else "linux.toml"


@cache
def platform() -> Platform:
    """Knowledge about the operating system that tf2exe runs on."""
    name = _platform_file()
    data = _read(name)
    return Platform(
        system_libraries={entry["name"]: entry["reason"] for entry in data["libraries"]["system"]},
        launcher_options=_options(data.get("launcher_option", ()), f"nuitka_options/{name}"),
        strip=tuple(data["strip"]["arguments"]),
        strip_reason=data["strip"]["reason"],
    )


@cache
def glibc_libraries() -> dict[str, str]:
    """The libraries that every Linux with glibc has, with the reason."""
    return {entry["name"]: entry["reason"] for entry in _read("linux.toml")["libraries"]["system"]}


@cache
def windows_libraries() -> tuple[WindowsLibrary, ...]:
    """The libraries of every supported Windows."""
    return tuple(WindowsLibrary(**entry) for entry in _read("windows.toml")["libraries"]["system"])


@cache
def libraries_of_most_windows_editions() -> tuple[WindowsLibrary, ...]:
    """The libraries that some editions of Windows lack."""
    return tuple(WindowsLibrary(**entry) for entry in _read("windows.toml")["libraries"]["most_editions"])


@cache
def windows_names() -> dict[str, str]:
    """The names of Windows versions, by number."""
    pairs = (text.partition(" ") for text in _read("windows.toml")["versions"]["names"])
    return {number: name for number, _, name in pairs}


@cache
def compression() -> Compression:
    """The default compression of a onefile."""
    return Compression(**_read("onefile.toml")["compression"])


@cache
def volatiles() -> tuple[Volatile, ...]:
    """The volatile rules, in the order in which they are tried."""
    return tuple(Volatile(**entry) for entry in _read("parity.toml")["volatile"])


@cache
def packages() -> tuple[Package, ...]:
    """The rules of all packages."""
    names = sorted(path.name for path in (folder() / "packages").glob("*.toml"))
    return tuple(read_package(_read(f"packages/{name}"), f"nuitka_options/packages/{name}") for name in names)


@cache
def parts() -> tuple[str, ...]:
    """The names by which `exclude` leaves out native libraries of packages."""
    return tuple(rule.part for package in packages() for rule in package.forwarders)


@cache
def about(distribution: str) -> tuple[Package, ...]:
    """The rules for one distribution: its own, and those for every package."""
    name = canonicalize_name(distribution)
    general = () if name == "python" else ("*",)
    return tuple(p for p in packages() if name in p.names or any(n in p.names for n in general))


@cache
def autograph() -> AutoGraph | None:
    """The names that pass functions to AutoGraph."""
    return next((package.autograph for package in packages() if package.autograph), None)
