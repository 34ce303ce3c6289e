"""The toolchain's list: hashes, and versions that the builder and the knowledge of packages ask for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tf2exe import knowledge
from tf2exe.cross.toolchain.pins import GROUPS, digest, pins

CHECKOUT = Path(__file__).resolve().parents[5]


def test_every_file_has_a_hash_and_a_use() -> None:
    wanted = pins()
    for pin in (wanted.python, wanted.nuitka, *wanted.wheels):
        assert re.fullmatch("[0-9a-f]{64}", pin.sha256), pin.name
    for pin in wanted.wheels:
        assert pin.groups
        assert set(pin.groups) <= set(GROUPS), pin.name


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_has_each_package_once(group: str) -> None:
    names = [pin.name for pin in pins().of(group)]
    assert names
    assert len(names) == len(set(names))


@pytest.mark.parametrize("runtime", ["litert", "tensorflow"])
def test_the_builder_in_wine_has_what_the_project_requires(runtime: str) -> None:
    """It runs beside the packages of a runtime, which bring NumPy."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = (*pins().of("builder"), *pins().of("system"), *pins().of(runtime), pins().nuitka)
    have = {pin.name: pin.version for pin in groups}
    windows = {"sys_platform": "win32", "platform_system": "Windows", "extra": ""}
    for text in project["dependencies"]:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate(windows):
            continue
        assert requirement.name in have, text
        assert requirement.specifier.contains(have[requirement.name]), text


def test_a_comparison_in_wine_has_what_the_project_requires() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    have = {pin.name: pin.version for pin in pins().of("compare")}
    for requirement in map(Requirement, project["optional-dependencies"]["compare"]):
        assert requirement.specifier.contains(have[requirement.name]), requirement.name


@pytest.mark.parametrize("runtime", ["litert", "tensorflow"])
def test_the_packages_of_a_runtime_are_those_that_were_tested(runtime: str) -> None:
    tested = {
        requirement.name: requirement
        for package in knowledge.packages()
        for requirement in map(Requirement, package.tested)
    }
    known = [pin for pin in pins().of(runtime) if pin.name in tested]
    assert known
    for pin in known:
        assert tested[pin.name].specifier.contains(pin.version), pin.name


def test_a_piece_is_named_by_what_it_is_made_of() -> None:
    wanted = pins()
    assert digest(wanted.of("litert"), "3.11") == digest(wanted.of("litert"), "3.11")
    assert digest(wanted.of("litert"), "3.11") != digest(wanted.of("litert"), "3.12")
    assert digest(wanted.of("litert")) != digest(wanted.of("litert")[1:])


def test_no_file_of_the_list_names_where_it_comes_from() -> None:
    assert "://" not in (knowledge.folder() / "toolchain.toml").read_text(encoding="utf-8")
