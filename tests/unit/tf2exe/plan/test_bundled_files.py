from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.knowledge import package_rules
from tf2exe.knowledge.package_rules import PackageRules
from tf2exe.knowledge.platforms import read_platform
from tf2exe.knowledge.rules import Rule
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
    return Rule(pattern, "a reason", "a file", unless_imported)


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
    wanted: tuple[str, ...] = (),
    excluded: tuple[str, ...] = (),
) -> tuple[dict[str, BundledFile], tuple[ExcludedFiles, ...]]:
    carried, left_out = bundled_files.select(
        [thing], footprint, set(imported), compiled, wanted, excluded=excluded
    )
    return {c.destination: c for c in carried if c.owner == "thing"}, left_out


def test_rules_leave_out_and_are_counted(thing: SelectedDistribution, footprint: MakeFootprint) -> None:
    carried, left_out = selected(thing, footprint())
    assert carried.keys() == {
        "lib/packages/thing/__init__.py",
        "lib/packages/thing/data.txt",
        "lib/packages/thing/native.so",
        "lib/packages/thing/kept.so",
        "lib/packages/thing/testsuite.py",
        "lib/packages/thing-1.0.dist-info/METADATA",
    }
    counts = {item.rule.pattern: (item.owner, item.files, item.size) for item in left_out}
    assert counts == {
        "thing/tests/**": ("thing", 2, 4 + 5),
        "thing/lazy.py": ("thing", 1, 7),
        "thing/plugin.so": ("thing", 1, 8),
    }
    assert all(c.reason == "run.py imports it" for c in carried.values())


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is stripped on Windows")
def test_how_each_file_travels(thing: SelectedDistribution, footprint: MakeFootprint) -> None:
    carried, _ = selected(thing, footprint())
    how = {name.rpartition("/")[2]: c.kind for name, c in carried.items()}
    assert how == {
        "__init__.py": "module",
        "testsuite.py": "module",
        "data.txt": "file",
        "native.so": "stripped",
        "kept.so": "native",
        "METADATA": "file",
    }


@pytest.mark.parametrize("kind", ["executed", "opened", "libraries", "modules"])
def test_what_a_sample_used_is_carried_whatever_a_rule_says(
    thing: SelectedDistribution, footprint: MakeFootprint, kind: str
) -> None:
    path = str(thing.base / "thing" / "tests" / "test_a.py")
    used = footprint(**{kind: [("thing.tests.test_a", path) if kind == "modules" else path]})
    carried, left_out = selected(thing, used)
    assert "lib/packages/thing/tests/test_a.py" in carried
    assert "lib/packages/thing/tests/__init__.py" not in carried
    assert next(item.files for item in left_out if item.rule.pattern == "thing/tests/**") == 1


def test_exclude_of_a_part_leaves_it_out_even_if_it_was_loaded(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    used = footprint(executed=[str(thing.base / "thing" / "testsuite.py")])
    carried, left_out = selected(
        thing, used, wanted=("thing.tests",), excluded=("thing.testsuite", "thing.test")
    )
    assert "lib/packages/thing/testsuite.py" not in carried
    assert "lib/packages/thing/tests/test_a.py" in carried
    assert "`exclude` has thing.testsuite" in [item.rule.reason for item in left_out]


def test_a_rule_rests_when_its_module_is_imported(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    assert "lib/packages/thing/lazy.py" in selected(thing, footprint(), imported=("thing.lazy",))[0]


def test_an_imported_module_is_bundled_with_all_that_is_inside_it(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    """Of parts that rules leave out, without a word in the rule."""
    carried, _ = selected(thing, footprint(), imported=("thing", "thing.tests", "thing.tests.test_a"))
    assert {f"lib/packages/thing/tests/{name}.py" for name in ("__init__", "test_a")} <= carried.keys()
    assert "lib/packages/thing/plugin.so" not in carried
    assert "lib/packages/thing/plugin.so" in selected(thing, footprint(), imported=("thing.plugin",))[0]


def test_modules_of_the_standard_library_can_be_excluded_and_added(
    footprint: MakeFootprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real rules

    def files(*wanted: str, imported: tuple[str, ...] = (), excluded: tuple[str, ...] = ()) -> set[str]:
        carried, _ = bundled_files.select([], footprint(), set(imported), (), wanted, excluded=excluded)
        names = {c.destination.removeprefix("lib/python/").removeprefix("lib-dynload/") for c in carried}
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
    carried, _ = selected(thing, footprint(), wanted=("thing.tests",))
    assert "lib/packages/thing/tests/test_a.py" in carried
    assert "lib/packages/thing/lazy.py" not in carried
    carried, _ = selected(thing, footprint(), wanted=("thing.plugin",))
    assert "lib/packages/thing/plugin.so" in carried
    assert "lib/packages/thing/tests/test_a.py" not in carried
    carried, _ = selected(thing, footprint(), wanted=("thing.test",))
    assert "lib/packages/thing/tests/test_a.py" not in carried


def test_compiled_packages_leave_their_python_files_and_keep_the_rest(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    carried, _ = selected(thing, footprint(), compiled=("thing",))
    assert "lib/packages/thing/data.txt" in carried
    assert not [name for name in carried if name.endswith(".py")]
    carried, _ = selected(thing, footprint(), compiled=("thin",))
    assert "lib/packages/thing/__init__.py" in carried


def test_the_standard_library_is_carried_whole(thing: SelectedDistribution, footprint: MakeFootprint) -> None:
    carried, _ = bundled_files.select([], footprint(), set(), (), ())
    destinations = {c.destination for c in carried}
    assert {c.owner for c in carried} == {"python"}
    assert {
        "lib/python/os.py",
        "lib/python/encodings/cp1252.py",
        "lib/python/json/decoder.py",
    } <= destinations
    assert not [name for name in destinations if "site-packages" in name or name.endswith(".pyc")]
    assert thing.base not in {c.source for c in carried}


def test_rules_name_native_modules_of_windows_as_on_linux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, footprint: MakeFootprint
) -> None:
    names = ("_tkinter.pyd", "tcl86t.dll", "tk86t.dll", "select.pyd", "libffi-8.dll")
    (tmp_path / "DLLs").mkdir()
    for name in names:
        (tmp_path / "DLLs" / name).write_bytes(b"x")
    monkeypatch.undo()  # the real rules
    read_platform()  # is kept as it is here
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "win32")
    carried, _ = bundled_files.select([], footprint(), set(), (), ())
    found = {c.destination for c in carried if c.source.parent == tmp_path / "DLLs"}
    assert found == {"lib/python/lib-dynload/select.pyd", "lib/python/lib-dynload/libffi-8.dll"}


def test_two_packages_with_the_same_file_bring_it_once(
    thing: SelectedDistribution, footprint: MakeFootprint
) -> None:
    other = SelectedDistribution("thing-cpu", "1.0", "also installed", thing.base, thing.files)
    carried, _ = bundled_files.select([thing, other], footprint(), set(), (), ())
    places = [c.destination for c in carried]
    assert len(places) == len(set(places))
    assert {c.owner for c in carried if c.destination == "lib/packages/thing/data.txt"} == {"thing"}
