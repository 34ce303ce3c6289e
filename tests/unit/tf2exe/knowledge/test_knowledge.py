from __future__ import annotations

import dataclasses
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tf2exe.knowledge import package_rules, rules
from tf2exe.knowledge.data import data_folder
from tf2exe.knowledge.glob import translate
from tf2exe.knowledge.options import Compression, read_compression, read_nuitka_options
from tf2exe.knowledge.platforms import read_platform
from tf2exe.knowledge.volatile_rules import read_volatile_rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tf2exe.launchers.sources import System

PINS = "toolchain.toml"
"""A list of files by their hashes; toolchain/test_pins.py looks at it."""
FILES = sorted(path for path in data_folder().rglob("*.toml") if path.name != PINS)
ALLOWED = {
    "base.toml": {"option", "c_compiler"},
    "debug.toml": {"option"},
    "linux.toml": {"libraries", "launcher_option", "strip", "c_compiler"},
    "windows.toml": {"libraries", "launcher_option", "strip", "c_compiler", "versions"},
    "glibc.toml": {"processor", "compat_library", "renamed", "polyfilled"},
    "onefile.toml": {field.name for field in dataclasses.fields(Compression)} | {"compression"},
    "parity.toml": {"volatile"},
}
PACKAGE = {
    "names",
    "exclude",
    "keep_symbols",
    "unneeded_requirement",
    "extra_requirement",
    "optional_import",
    "optional_library",
    "patch",
    "local_symbols",
    "preload",
    "forwarder",
    "autograph",
    "tested",
}
CONDITION = {field.name for field in dataclasses.fields(rules.Condition)}
RUNTIME = {"exclude_package", "operations", "precision"}
ENTRY = {
    "option": {"flag", "only", "reason"},
    "launcher_option": {"flag", "reason"},
    "volatile": {"name", "pattern", "label", "replacement", "reason", "always"},
    "exclude": {"pattern", "even_if_loaded", "reason"} | CONDITION,
    "exclude_package": {"module", "reason"},
    "precision": {"name", "top_1", "difference", "reason"},
    "operations": {"names", "remedy", "reason"},
    "keep_symbols": {"pattern", "reason"},
    "unneeded_requirement": {"name", "reason"} | CONDITION,
    "extra_requirement": {"name", "reason"},
    "optional_import": {"modules", "reason"} | CONDITION,
    "optional_library": {"names", "reason"},
    "forwarder": {field.name for field in dataclasses.fields(rules.ForwarderRule)} - {"origin"},
    "local_symbols": {"pattern", "reason"} | CONDITION,
    "preload": {"pattern", "reason"} | CONDITION,
    "patch": {"file", "old", "new", "reason"},
    "autograph": {field.name for field in dataclasses.fields(package_rules.AutoGraphNames)},
    "system": {"name", "since", "reason"},
    "versions": {"names", "reason"},
    "most_editions": {"name", "reason"},
    "strip": {"arguments", "reason"},
    "processor": {"machine", "reason"},
    "compat_library": {"library", "reason"},
    "renamed": {"from", "to", "library", "max_constructors", "symbols", "reason"},
    "polyfilled": {"from", "symbols", "reason"},
    "c_compiler": {"flags", "reason"},
    "compression": {field.name for field in dataclasses.fields(Compression)},
}
OPTIONAL = {"since", "max_constructors", "only", "always", "even_if_loaded"} | CONDITION


def entries(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every table of a file that states something, with its kind."""
    for key, value in data.items():
        if isinstance(value, dict):
            if key == "libraries":
                yield from entries(value)
            else:
                yield key, value
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from ((key, entry) for entry in value)


def test_the_data_is_there() -> None:
    assert len(FILES) >= 12
    assert len(package_rules.read_all()) >= 9


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_entry_has_a_reason_and_no_unknown_key(path: Path) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    inside = {"packages": PACKAGE, "runtimes": RUNTIME}
    allowed = ALLOWED[path.name] if path.parent == data_folder() else inside[path.parent.name]
    assert set(data) <= allowed
    found = list(entries(data))
    assert found or path.parent != data_folder()
    for kind, entry in found:
        assert set(entry) <= ENTRY[kind], (kind, entry)
        assert set(entry) >= ENTRY[kind] - OPTIONAL, (kind, entry)
        reason = entry["reason"]
        assert reason == reason.strip(), entry
        assert re.search(r"\w", reason), entry


@pytest.mark.parametrize("system", ["posix", "windows"])
def test_everything_can_be_read(system: System) -> None:
    known = read_platform(system)
    assert known.system_libraries
    assert bool(known.strip) is (system == "posix")


def test_options_are_there_once_and_say_where_they_come_from() -> None:
    plain, debug = read_nuitka_options(debug=False), read_nuitka_options(debug=True)
    assert debug[: len(plain)] == plain
    assert len(debug) > len(plain)
    flags = [option.flag for option in debug]
    assert len(set(flags)) == len(flags)
    assert all(flag.startswith("--") for flag in flags)
    assert {option.origin for option in debug} == {"nuitka_options/base.toml", "nuitka_options/debug.toml"}
    assert {option.only for option in debug} <= {"", "nothing-compiled"}


def test_patterns_compile() -> None:
    for package in package_rules.read_all():
        for rule in (*package.exclude, *package.keep_symbols):
            translate(rule.pattern)
            assert not rule.pattern.startswith("/"), rule
            assert "\\" not in rule.pattern, rule
            assert rule.origin.startswith("nuitka_options/packages/")


def test_there_are_patterns_to_check() -> None:
    """The other tests pass when they find nothing."""
    assert sum(len(package.exclude) for package in package_rules.read_all()) > 20
    assert any(package.keep_symbols for package in package_rules.read_all())


def test_no_rule_stands_twice() -> None:
    for package in package_rules.read_all():
        patterns = [rule.pattern for rule in package.exclude]
        assert len(set(patterns)) == len(patterns), package.names


def test_volatile_patterns_compile_and_change_something() -> None:
    names = [rule.name for rule in read_volatile_rules()]
    assert len(set(names)) == len(names)
    for rule in read_volatile_rules():
        assert re.compile(rule.pattern).search("") is None, rule.name
        assert re.sub(rule.pattern, rule.replacement, "tabby 0.93") == "tabby 0.93", rule.name


@pytest.mark.parametrize(
    ("name", "text", "masked"),
    [
        ("duration", "took 1.5 seconds, 12ms/step", "took <duration>, <duration>"),
        ("duration", "5 images, s 5", "5 images, s 5"),
        ("rate", "80.5 it/s", "<rate>"),
        ("absl-log-prefix", "I0000 00:00:1.5  7 x.cc:1] a", "I<time> <thread> x.cc:1] a"),
        ("date-and-time", "at 2026-11-22 15:00:01.5 UTC", "at <time> UTC"),
        ("date-and-time", "2026-11-22", "2026-11-22"),
        ("address", "<A at 0x7f0012345678>", "<A at <address>>"),
        ("address", "0xff", "0xff"),
        ("keras-progress-bar", "step 3/5 took 12ms/step", "step 3/5 took 12ms/step"),
    ],
)
def test_what_a_volatile_rule_masks(name: str, text: str, masked: str) -> None:
    rule = next(rule for rule in read_volatile_rules() if rule.name == name)
    assert re.sub(rule.pattern, rule.replacement, text) == masked


def test_names_are_canonical_and_belong_to_one_file() -> None:
    names = [name for package in package_rules.read_all() for name in package.names if name != "*"]
    assert len(set(names)) == len(names)
    for package in package_rules.read_all():
        for name in (
            *package.names,
            *(item.name for item in (*package.unneeded_requirements, *package.extra_requirements)),
        ):
            assert name == "*" or name == canonicalize_name(name)
        for text in package.tested:
            assert Requirement(text).specifier


def test_about_joins_what_holds_for_all() -> None:
    assert [package.names for package in package_rules.read_for("nobody-knows-it")] == [("*",)]
    assert {name for package in package_rules.read_for("Pillow") for name in package.names} == {"*", "pillow"}
    assert [package.names for package in package_rules.read_for("python")] == [("python",)]


def test_what_is_known_of_autograph_and_of_packing() -> None:
    converter = package_rules.autograph_names()
    assert converter is not None
    assert "tensorflow.function" in converter.decorators
    assert 1 <= read_compression().level <= 22
