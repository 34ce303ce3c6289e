"""Knowledge about operating systems: their libraries, and options of compiler, linker and `strip`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tf2exe.knowledge.data import read_toml
from tf2exe.knowledge.options import Option, parse_options

if TYPE_CHECKING:
    from tf2exe.launchers.sources import System

FILES: dict[System, str] = {"posix": "linux.toml", "windows": "windows.toml"}


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
    """A library that is part of Windows.

    Attributes:
        name: in lower case; may have wildcards.
        reason: what it is.
        since: the version of Windows that first had it; empty: every version that executables run on.
    """

    name: str
    reason: str
    since: str = ""


@cache
def read_platform(system: System) -> Platform:
    """Knowledge about the operating system of a target."""
    file = FILES[system]
    data = read_toml(file)
    return Platform(
        system_libraries={entry["name"]: entry["reason"] for entry in data["libraries"]["system"]},
        launcher_options=parse_options(data.get("launcher_option", ()), file),
        strip=tuple(data["strip"]["arguments"]),
        strip_reason=data["strip"]["reason"],
    )


@cache
def read_c_flags(system: System, *, debug: bool) -> tuple[str, ...]:
    """The options of the C compiler for the application's modules."""
    common = () if debug else read_toml("base.toml")["c_compiler"]["flags"]
    return (*common, *read_toml(FILES[system]).get("c_compiler", {"flags": ()})["flags"])


@cache
def read_glibc_libraries() -> dict[str, str]:
    """The libraries that every Linux with glibc has, with the reason."""
    return {entry["name"]: entry["reason"] for entry in read_toml("linux.toml")["libraries"]["system"]}


@cache
def read_windows_libraries() -> tuple[WindowsLibrary, ...]:
    """The libraries of every supported Windows."""
    return tuple(WindowsLibrary(**entry) for entry in read_toml("windows.toml")["libraries"]["system"])


@cache
def read_most_editions_libraries() -> tuple[WindowsLibrary, ...]:
    """The libraries that some editions of Windows lack."""
    return tuple(WindowsLibrary(**entry) for entry in read_toml("windows.toml")["libraries"]["most_editions"])


@cache
def read_windows_names() -> dict[str, str]:
    """The names of Windows versions, by number."""
    pairs = (text.partition(" ") for text in read_toml("windows.toml")["versions"]["names"])
    return {number: name for number, _, name in pairs}
