from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.evidence import Evidence, gather_evidence
from tf2exe.analysis.modules import find_modules
from tf2exe.knowledge.package_rules import parse_package
from tf2exe.knowledge.rules import ALWAYS, Condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]

EVIDENCE = Evidence(
    identifiers=frozenset({"ssl", "loadtxt"}),
    imported=frozenset({"PySide6", "PySide6.QtQuick"}),
    files=frozenset({"/x/mod.so"}),
)


@pytest.mark.parametrize(
    "condition",
    [
        ALWAYS,
        Condition(unless_imported=("PySide6.QtC*", "other")),
        Condition(unless_mentioned=frozenset({"other"})),
    ],
)
def test_a_rule_applies(condition: Condition) -> None:
    assert EVIDENCE.meets(condition)


@pytest.mark.parametrize(
    "condition",
    [
        Condition(unless_imported=("other", "PySide6.QtQ*")),
        Condition(unless_imported=("PySide6",)),
        Condition(unless_mentioned=frozenset({"ssl", "other"})),
        Condition(("other",), frozenset({"ssl"})),
    ],
)
def test_a_rule_is_skipped(condition: Condition) -> None:
    assert not EVIDENCE.meets(condition)


def test_a_file_that_a_sample_loaded() -> None:
    assert EVIDENCE.loaded("/x/mod.so")
    assert not EVIDENCE.loaded("/x/other.so")


def test_imports_can_be_added_and_removed() -> None:
    assert EVIDENCE.with_imports({"tkinter"}).imports(["tkinter"])
    assert not EVIDENCE.without_imports({"PySide6"}).imports(["PySide6"])


def test_evidence_has_source_samples_and_settings(project: Project, footprint: MakeFootprint) -> None:
    application = project({"run.py": "import outside\nx.late('a.b')"}, entry="run.py")
    loaded = footprint(executed=["/x/mod.py"], modules=[("outer.inner", "/x/inner.py")])
    evidence = gather_evidence(find_modules(application, ()), loaded, ["named.part"])
    for name in ("outside", "late", "a", "b", "named", "part"):
        assert evidence.mentions({name})
    assert not evidence.mentions({"outer"})
    for module in ("outside", "outer", "outer.inner", "named", "named.part"):
        assert evidence.imports([module])
    assert evidence.loaded("/x/mod.py")
    assert evidence.loaded("/x/inner.py")


def test_the_condition_of_an_optional_import_has_its_modules() -> None:
    entry = {"modules": ["m"], "unless_mentioned": ["n"], "reason": "r"}
    (rule,) = parse_package({"names": ["one", "two"], "optional_import": [entry]}, "a file").optional_imports
    assert rule.condition == Condition((), frozenset({"m", "n"}))
    assert (rule.owners, rule.origin) == (("one", "two"), "a file")
