"""What is known of Nuitka, platforms and packages: reads `nuitka_options/` into values."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement as Stated
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Option:
    """An option for another program, with the reason for it and the file that says so."""

    flag: str
    reason: str
    origin: str
    only: str = ""


@dataclass(frozen=True)
class Rule:
    """A pattern over file names relative to the packages' folder (``**`` crosses folders).

    Attributes:
        pattern: which files.
        reason: why the rule is right.
        origin: the file that says so.
        unless_imported: the rule rests when this module is imported.
        even_if_loaded: it holds also for files that a sample loaded, because they were loaded without need.
    """

    pattern: str
    reason: str
    origin: str
    unless_imported: str = ""
    even_if_loaded: bool = False


@dataclass(frozen=True)
class Requirement:
    """A distribution that is, or is not, needed although metadata says otherwise."""

    name: str
    reason: str
    origin: str
    unless_imported: str = ""


@dataclass(frozen=True)
class Replacement:
    """A text of a carried source file that must read otherwise inside an executable.

    Attributes:
        file: relative to the folder of packages, or of the standard library.
        old: what it says.
        new: what it must say, in as many lines: a traceback tells their numbers.
        reason: why.
        origin: the file that says so.
        only: versions of the package that this is about, as in requirements; empty: all.
    """

    file: str
    old: str
    new: str
    reason: str
    origin: str
    only: str = ""

    def concerns(self) -> bool:
        """Whether the installed version is one of those that this is about."""
        if not self.only:
            return True
        stated = Stated(self.only)
        try:
            return stated.specifier.contains(metadata.version(stated.name), prereleases=True)
        except metadata.PackageNotFoundError:
            return False


@dataclass(frozen=True)
class StubRule:
    """A native library that applications without certain names in their source cannot call.

    Attributes:
        library: its file, as in rules.
        also: files that only it needs.
        askers: files that link to it.
        names: whoever may call it has one of them: attributes, imported names, texts; ``@`` is the operator.
        beside: other distributions that never call it; any further one keeps the library.
        module: its functions' module, which keeps it when `include-module` names it.
        reason: why this is so.
        origin: the file that says so.
    """

    library: str
    also: tuple[str, ...]
    askers: tuple[str, ...]
    names: frozenset[str]
    beside: tuple[str, ...]
    module: str
    reason: str
    origin: str


@dataclass(frozen=True)
class SpareRule:
    """Files that applications without certain names in their source cannot reach.

    Attributes:
        patterns: which files, as in rules.
        modules: what is then missing, by the names that Python's message gives.
        names: whoever may reach them has one of these: attributes, imported names, texts.
        beside: the distributions that never do; any further one keeps the files.
        reason: why this is so.
        owner: the distribution that the files belong to.
        origin: the file that says so.
    """

    patterns: tuple[str, ...]
    modules: tuple[str, ...]
    names: frozenset[str]
    beside: tuple[str, ...]
    reason: str
    owner: str
    origin: str


@dataclass(frozen=True)
class SettleRule:
    """A native library whose names only carried files can ask for.

    Attributes:
        pattern: its file, as in rules.
        names: a source that may load a library which is not carried, and asks for them, has one of these.
        reason: why this is so.
        origin: the file that says so.
    """

    pattern: str
    names: frozenset[str]
    reason: str
    origin: str


@dataclass(frozen=True)
class AutoGraph:
    """Which names hand the application's functions to a converter that reads their source."""

    reason: str
    decorators: tuple[str, ...]
    functions: tuple[str, ...]
    dataset_methods: tuple[str, ...]
    dataset_module: str
    reader: str


@dataclass(frozen=True)
class Package:
    """What is known of one distribution, or (names ``*``) of all."""

    names: tuple[str, ...]
    leave_out: tuple[Rule, ...]
    keep_symbols: tuple[Rule, ...]
    unneeded: tuple[Requirement, ...]
    needs: tuple[Requirement, ...]
    replacements: tuple[Replacement, ...]
    autograph: AutoGraph | None
    tested: tuple[str, ...]
    stubs: tuple[StubRule, ...] = ()
    settle: tuple[SettleRule, ...] = ()
    spares: tuple[SpareRule, ...] = ()


@dataclass(frozen=True)
class Volatile:
    """A kind of text that may differ between two runs of the same program.

    Attributes:
        name: how it is called in reports.
        pattern: a regular expression of Python.
        replacement: what stands for it on both sides.
        reason: why it may differ.
        unmistakable: why Python need not be seen to differ from itself in it; empty: it must be.
    """

    name: str
    pattern: str
    replacement: str
    reason: str
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
class Compression:
    """How a single file is packed."""

    level: int
    reason: str


def folder() -> Path:
    """Where the data lies: beside the sources in a checkout, inside the package in a wheel."""
    here = Path(__file__).resolve().parent
    inside = here / "nuitka_options"
    return inside if inside.is_dir() else here.parents[1] / "nuitka_options"


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
def windows_libraries() -> dict[str, str]:
    """The libraries of every Windows, in lower case and with wildcards, each with the reason."""
    return {entry["name"]: entry["reason"] for entry in _read("windows.toml")["libraries"]["machine"]}


@cache
def compression() -> Compression:
    """How a single file is packed unless the user says otherwise."""
    return Compression(**_read("onefile.toml")["compression"])


@cache
def volatiles() -> tuple[Volatile, ...]:
    """The kinds of text that may differ between two runs, in the order in which they are tried."""
    return tuple(Volatile(**entry) for entry in _read("parity.toml")["volatile"])


def _stub(entry: dict[str, Any], origin: str) -> StubRule:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list) and key != "names"}
    return StubRule(**{**entry, **lists, "names": frozenset(entry["names"]), "origin": origin})


def _package(path: Path) -> Package:
    data = _read(f"packages/{path.name}")
    origin = f"nuitka_options/packages/{path.name}"
    converter: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.get("autograph", {}).items()
    }
    return Package(
        names=tuple(data["names"]),
        leave_out=tuple(Rule(origin=origin, **entry) for entry in data.get("leave_out", ())),
        keep_symbols=tuple(Rule(origin=origin, **entry) for entry in data.get("keep_symbols", ())),
        unneeded=tuple(Requirement(origin=origin, **entry) for entry in data.get("unneeded_requirement", ())),
        needs=tuple(
            Requirement(
                name=entry["distribution"],
                reason=entry["reason"],
                origin=origin,
            )
            for entry in data.get("needs", ())
        ),
        replacements=tuple(Replacement(origin=origin, **entry) for entry in data.get("replace", ())),
        autograph=AutoGraph(**converter) if converter else None,
        tested=tuple(data.get("tested", ())),
        stubs=tuple(_stub(entry, origin) for entry in data.get("stub", ())),
        settle=tuple(
            SettleRule(entry["pattern"], frozenset(entry["names"]), entry["reason"], origin)
            for entry in data.get("settle", ())
        ),
        spares=tuple(
            SpareRule(
                tuple(entry["patterns"]),
                tuple(entry["modules"]),
                frozenset(entry["names"]),
                tuple(entry["beside"]),
                entry["reason"],
                data["names"][0],
                origin,
            )
            for entry in data.get("spare", ())
        ),
    )


@cache
def packages() -> tuple[Package, ...]:
    """All that is known of packages."""
    return tuple(_package(path) for path in sorted((folder() / "packages").glob("*.toml")))


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
