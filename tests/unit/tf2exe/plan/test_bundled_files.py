from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.evidence import Evidence
from tf2exe.config.target import WINDOWS, Target, host_target
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.package_rules import PackageRules
from tf2exe.knowledge.rules import Condition, Rule
from tf2exe.plan import bundled_files
from tf2exe.plan.distributions import SelectedDistribution

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.plan.bundled_files import BundledFile, ExcludedFiles
    from tf2exe.trace.footprint import Footprint

    MakeFootprint = Callable[..., Footprint]

FILES = (
    "thing/__init__.py",
    "thing/data.txt",
    "thing/native.so",
    "thing/kept.so",
    "thing/tests/__init__.py",
    "thing/tests/test_a.py",
    "thing/testsuite.py",
    "thing/lazy.py",
    "thing/plugin.so",
    "thing-1.0.dist-info/METADATA",
)


def rule(pattern: str, *unless_imported: str) -> Rule:
    return Rule(pattern, "a reason", "a file", Condition(unless_imported))


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    package = PackageRules(
        names=("thing",),
        exclude=(
            rule("thing/tests/**"),
            rule("thing/lazy.py", "thing.lazy"),
            rule("thing/plugin.so"),
        ),
        keep_symbols=(rule("thing/kept.so"),),
        unneeded_requirements=(),
        extra_requirements=(),
        patches=(),
        autograph=None,
        tested=(),
    )
    monkeypatch.setattr(package_rules, "read_for", lambda name: (package,) if name == "thing" else ())


@pytest.fixture
def thing(tmp_path: Path) -> SelectedDistribution:
    for number, name in enumerate(FILES):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * number)
    return SelectedDistribution(
        "thing", "1.0", "run.py imports it", tmp_path, (*FILES, "thing/removed_since.py")
    )


def selected(
    thing: SelectedDistribution,
    footprint: Footprint,
    *,
    imported: tuple[str, ...] = (),
    compiled: tuple[str, ...] = (),
    include_module: tuple[str, ...] = (),
    excluded: tuple[str, ...] = (),
) -> tuple[dict[str, BundledFile], tuple[ExcludedFiles, ...]]:
    evidence = Evidence(
        imported=frozenset(imported),
        include_module=frozenset(include_module),
        files=frozenset(footprint.files),
    )
    files, excluded_files = bundled_files.select(
        [thing], evidence, target=host_target(), compiled=compiled, excluded=excluded
    )
    return {file.destination: file for file in files if file.owner == "thing"}, excluded_files


def test_excluded_files_are_counted_by_rule(thing: SelectedDistribution, footprint: MakeFootprint) -> None:
    bundled, excluded_files = selected(thing, footprint())
    assert bundled.keys() == {
        "lib/packages/thing/__init__.py",
        "lib/packages/thing/data.txt",
        "lib/packages/thing/native.so",
        "lib/packages/thing/kept.so",
        "lib/packages/thing/testsuite.py",
        "lib/packages/thing-1.0.dist-info/METADATA",
    }
    counts = {item.rule.pattern: (item.owner, item.files, item.size) for item in excluded_files}
    assert counts == {
        "thing/tests/**": ("thing", 2, 4 + 5),
        "thing/lazy.py": ("thing", 1, 7),
        "thing/plugin.so": ("thing", 1, 8),
    }
    assert all(c.reason == "run.py imports it" for c in bundled.values())


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is stripped on Windows")
def test_the_kind_of_each_file(thing: SelectedDistribution, footprint: MakeFootprint) -> None:
    bundled, _ = selected(thing, footprint())
    how = {name.rpartition("/")[2]: c.kind for name, c in bundled.items()}
    assert how == {
        "__init__.py": "module",
        "testsuite.py": "module",
        "data.txt": "file",
        "native.so": "stripped",
        "kept.so": "native",
        "METADATA": "file",
    }


@pytest.mark.parametrize("kind", ["executed", "opened", "libraries", "modules"])
def test_a_file_that_a_sample_used_is_bundled_despite_a_rule(
    thing: SelectedDistribution, footprint: MakeFootprint, kind: str
) -> None:
    path = str(thing.base / "thing" / "tests" / "test_a.py")
    used = footprint(**{kind: [("thing.tests.test_a", path) if kind == "modules" else path]})
    bundled, excluded_files = selected(thing, used)
    assert "lib/packages/thing/tests/test_a.py" in bundled
    assert "lib/packages/thing/tests/__init__.py" not in bundled
    assert next(item.files for item in excluded_files if item.rule.pattern == "thing/tests/**") == 1


def test_an_excluded_part_is_not_bundled_even_if_it_was_loaded(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    used = footprint(executed=[str(thing.base / "thing" / "testsuite.py")])
    bundled, excluded_files = selected(
        thing, used, include_module=("thing.tests",), excluded=("thing.testsuite", "thing.test")
    )
    assert "lib/packages/thing/testsuite.py" not in bundled
    assert "lib/packages/thing/tests/test_a.py" in bundled
    assert "`exclude` has thing.testsuite" in [item.rule.reason for item in excluded_files]


def test_a_rule_is_skipped_if_its_module_is_imported(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    assert "lib/packages/thing/lazy.py" in selected(thing, footprint(), imported=("thing.lazy",))[0]


def test_an_imported_module_is_bundled_with_all_that_is_inside_it(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    """Of parts that rules leave out, without a word in the rule."""
    bundled, _ = selected(thing, footprint(), imported=("thing", "thing.tests", "thing.tests.test_a"))
    assert {f"lib/packages/thing/tests/{name}.py" for name in ("__init__", "test_a")} <= bundled.keys()
    assert "lib/packages/thing/plugin.so" not in bundled
    assert "lib/packages/thing/plugin.so" in selected(thing, footprint(), imported=("thing.plugin",))[0]


def test_modules_of_the_standard_library_can_be_excluded_and_added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the real rules

    def files(*wanted: str, imported: tuple[str, ...] = (), excluded: tuple[str, ...] = ()) -> set[str]:
        evidence = Evidence(imported=frozenset(imported), include_module=frozenset(wanted))
        bundled, _ = bundled_files.select([], evidence, target=host_target(), excluded=excluded)
        names = {c.destination.removeprefix("lib/python/").removeprefix("lib-dynload/") for c in bundled}
        return {name.partition(".")[0] for name in names}

    assert {"ssl", "_ssl", "sqlite3/__init__"} <= files()
    assert not {"ssl", "_ssl", "sqlite3/__init__"} & files(excluded=("ssl", "_ssl", "sqlite3"))
    assert not {"idlelib/help", "xxlimited"} & files()
    assert {"idlelib/help", "xxlimited"} <= files("idlelib", "xxlimited")
    assert {"idlelib/help", "tkinter/ttk"} <= files(imported=("idlelib", "idlelib.run"))
    assert "tkinter/ttk" in files(imported=("turtle",))
    assert not {"tkinter/ttk", "_tkinter"} & files(imported=("tkinter",), excluded=("tkinter",))


def test_include_module_overrides_rules_for_that_module_only(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    bundled, _ = selected(thing, footprint(), include_module=("thing.tests",))
    assert "lib/packages/thing/tests/test_a.py" in bundled
    assert "lib/packages/thing/lazy.py" not in bundled
    bundled, _ = selected(thing, footprint(), include_module=("thing.plugin",))
    assert "lib/packages/thing/plugin.so" in bundled
    assert "lib/packages/thing/tests/test_a.py" not in bundled
    bundled, _ = selected(thing, footprint(), include_module=("thing.test",))
    assert "lib/packages/thing/tests/test_a.py" not in bundled


def test_a_compiled_package_keeps_only_its_other_files(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    bundled, _ = selected(thing, footprint(), compiled=("thing",))
    assert "lib/packages/thing/data.txt" in bundled
    assert not [name for name in bundled if name.endswith(".py")]
    bundled, _ = selected(thing, footprint(), compiled=("thin",))
    assert "lib/packages/thing/__init__.py" in bundled


def test_the_whole_standard_library_is_bundled(thing: SelectedDistribution) -> None:
    bundled, _ = bundled_files.select([], Evidence(), target=host_target())
    destinations = {c.destination for c in bundled}
    assert {c.owner for c in bundled} == {"python"}
    assert {
        "lib/python/os.py",
        "lib/python/encodings/cp1252.py",
        "lib/python/json/decoder.py",
    } <= destinations
    assert not [name for name in destinations if "site-packages" in name or name.endswith(".pyc")]
    assert thing.base not in {c.source for c in bundled}


def test_rules_name_native_modules_of_windows_as_on_linux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("_tkinter.pyd", "tcl86t.dll", "tk86t.dll", "select.pyd", "libffi-8.dll")
    (tmp_path / "DLLs").mkdir()
    for name in names:
        (tmp_path / "DLLs" / name).write_bytes(b"x")
    monkeypatch.undo()  # the real rules
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    bundled, _ = bundled_files.select([], Evidence(), target=Target(WINDOWS))
    found = {c.destination for c in bundled if c.source.parent == tmp_path / "DLLs"}
    assert found == {"lib/python/lib-dynload/select.pyd", "lib/python/lib-dynload/libffi-8.dll"}


def test_a_file_of_two_packages_is_bundled_once(thing: SelectedDistribution) -> None:
    other = SelectedDistribution("thing-cpu", "1.0", "also installed", thing.base, thing.files)
    bundled, _ = bundled_files.select([thing, other], Evidence(), target=host_target())
    places = [c.destination for c in bundled]
    assert len(places) == len(set(places))
    assert {c.owner for c in bundled if c.destination == "lib/packages/thing/data.txt"} == {"thing"}
