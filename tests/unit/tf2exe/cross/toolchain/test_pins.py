"""The pins: hashes, and versions that the builder requires and that package rules were tested with."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tf2exe.cross.toolchain.pins import GROUPS, fingerprint, read_pins
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.data import data_folder

CHECKOUT = Path(__file__).resolve().parents[5]


def test_each_pin_has_a_hash_and_a_group() -> None:
    pins = read_pins()
    for pin in (pins.python, pins.nuitka, *pins.wheels):
        assert re.fullmatch("[0-9a-f]{64}", pin.sha256), pin.name
    for pin in pins.wheels:
        assert pin.groups
        assert set(pin.groups) <= set(GROUPS), pin.name


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_has_each_package_once(group: str) -> None:
    names = [pin.name for pin in read_pins().of(group)]
    assert names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("runtime", ["litert", "tensorflow"])
def test_the_builder_in_wine_has_what_the_project_requires(runtime: str) -> None:
    """NumPy comes with the packages of a runtime."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = (
        *read_pins().of("builder"),
        *read_pins().of("system"),
        *read_pins().of(runtime),
        read_pins().nuitka,
    )
    pinned = {pin.name: pin.version for pin in groups}
    windows = {"sys_platform": "win32", "platform_system": "Windows", "extra": ""}
    for text in project["dependencies"]:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate(windows):
            continue
        assert requirement.name in pinned, text
        assert requirement.specifier.contains(pinned[requirement.name]), text


def test_a_comparison_in_wine_has_what_the_project_requires() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {pin.name: pin.version for pin in read_pins().of("compare")}
    for requirement in map(Requirement, project["optional-dependencies"]["compare"]):
        assert requirement.specifier.contains(pinned[requirement.name]), requirement.name


@pytest.mark.parametrize("runtime", ["litert", "tensorflow"])
def test_packages_of_a_runtime_have_tested_versions(runtime: str) -> None:
    tested = {
        requirement.name: requirement
        for package in package_rules.read_all()
        for requirement in map(Requirement, package.tested)
    }
    known = [pin for pin in read_pins().of(runtime) if pin.name in tested]
    assert known
    for pin in known:
        assert tested[pin.name].specifier.contains(pin.version), pin.name


def test_the_fingerprint_depends_on_the_sources() -> None:
    pins = read_pins()
    assert fingerprint(pins.of("litert"), "3.11") == fingerprint(pins.of("litert"), "3.11")
    assert fingerprint(pins.of("litert"), "3.11") != fingerprint(pins.of("litert"), "3.12")
    assert fingerprint(pins.of("litert")) != fingerprint(pins.of("litert")[1:])


def test_pins_contain_no_urls() -> None:
    assert "://" not in (data_folder() / "toolchain.toml").read_text(encoding="utf-8")
