"""No import statement in the standard library or in a known package reaches what rules leave out.

Not even one inside a function. A module that `unless_imported` names may: its own import lifts the rule.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from sysconfig import get_path
from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.import_statements import absolute_module
from tf2exe.analysis.imported_names import is_imported, with_packages
from tf2exe.analysis.installed import InstalledDistributions
from tf2exe.knowledge import package_rules
from tf2exe.knowledge.glob import matches
from tf2exe.plan import bundled_files

if TYPE_CHECKING:
    from tf2exe.knowledge.rules import Requirement, Rule

IMPORT = re.compile(rb"^[ \t]*(?:from|import)\b([^\n(]*(?:\([^)]*\))?)", re.MULTILINE)
WORD = re.compile(r"\w+")

EXEMPT = {
    ("multiprocessing.util", "test"): "for the tests of multiprocessing",
    ("distutils.util", "lib2to3"): "converts packages that are written in Python 2",
    ("h5py", "h5py.tests"): "`run_tests` runs the tests of h5py",
    ("PySide6", "PySide6.QtNetwork"): "on Windows, to find OpenSSL; it needs no plug-in",
    ("PIL._tkinter_finder", "tkinter"): "only PIL.ImageTk imports it",
    ("PIL.SpiderImagePlugin", "PIL.ImageTk"): "`tkPhotoImage` needs a Tk that the program has imported",
    ("tensorflow.python.debug.wrappers.grpc_wrapper", "tensorflow.python.debug.lib.source_remote"): (
        "for a session that is debugged in TensorBoard"
    ),
}
"""Imports that no program misses: the importing module, what it imports, and why."""

WITHOUT = {"lib-dynload/readline*": "who imports it does without; its licence is the reason of the rule"}
"""Rules that hold although something imports what they leave out."""


@dataclass(frozen=True)
class Source:
    """A bundled source file, with the words of its import statements."""

    module: str
    path: Path
    words: frozenset[str]

    def imports(self) -> set[str]:
        """What it imports, with the packages around it."""
        is_package = self.path.name == "__init__.py"
        package = self.module if is_package else self.module.rpartition(".")[0]
        names = set()
        for node in ast.walk(ast.parse(self.path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = absolute_module(node, package)
                names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        return with_packages(names)


@cache
def files(owner: str) -> tuple[Path, tuple[str, ...]]:
    """The files of a distribution, or of the standard library, below a folder."""
    if owner == "python":
        base = Path(get_path("stdlib"))
        return base, bundled_files._members(base)  # noqa: SLF001
    return installed().files(owner)


@cache
def installed() -> InstalledDistributions:
    return InstalledDistributions()


@cache
def known() -> tuple[str, ...]:
    """The standard library and the installed distributions that have rules."""
    names = {name for package in package_rules.read_all() for name in package.names}
    return ("python", *sorted(names & installed().by_name.keys()))


@cache
def sources() -> tuple[Source, ...]:
    """Of all of these, what is bundled with a program that imports nothing."""
    found = []
    for owner in known():
        base, names = files(owner)
        rules = [rule for package in package_rules.read_for(owner) for rule in package.exclude]
        for name in names:
            if name.endswith(".py") and not any(matches(rule.pattern, name) for rule in rules):
                text = b" ".join(IMPORT.findall((base / name).read_bytes())).decode(errors="replace")
                module = bundled_files._module(name)  # noqa: SLF001
                found.append(Source(module, base / name, frozenset(WORD.findall(text))))
    return tuple(found)


def reached(targets: set[str], patterns: tuple[str, ...]) -> set[tuple[str, str]]:
    """Who imports one of some modules, or one that fits a pattern: pairs of modules.

    A source that fits a pattern itself does not count.
    """
    names = {*targets, *patterns}
    words = {word for name in names for word in [name.rpartition(".")[2]] if "*" not in word}
    wild = [name.rpartition(".")[2] for name in patterns if "*" in name]
    found = set()
    for source in sources():
        if is_imported(patterns, with_packages([source.module])):
            continue
        if words & source.words or is_imported(wild, set(source.words)):
            found |= {(source.module, name) for name in source.imports() if is_imported(names, {name})}
    return found - EXEMPT.keys()


def outermost(modules: set[str]) -> set[str]:
    """Modules that lie in no other one of them."""
    return {module for module in modules if with_packages([module]) & modules == {module}}


def left_out(owner: str, rule: Rule) -> set[str]:
    """The modules that a rule leaves out, except those that are bundled with another package."""
    modules = {bundled_files._module(name) for name in files(owner)[1] if matches(rule.pattern, name)}  # noqa: SLF001
    return modules - {"", *(source.module for source in sources())}


RULES = [
    (owner, rule)
    for owner in known()
    for package in package_rules.read_for(owner)
    for rule in package.exclude
]
REQUIREMENTS = [
    (owner, item)
    for owner in known()
    for p in package_rules.read_for(owner)
    for item in p.unneeded_requirements
]


@pytest.mark.promise("parity", "No import in Python or in a known package reaches what a rule leaves out.")
@pytest.mark.parametrize(("owner", "rule"), RULES, ids=[f"{owner} {rule.pattern}" for owner, rule in RULES])
def test_no_import_reaches_files_that_a_rule_leaves_out(owner: str, rule: Rule) -> None:
    found = reached(outermost(left_out(owner, rule)), rule.condition.unless_imported)
    assert not found or rule.pattern in WITHOUT, found


def test_there_are_modules_to_look_for() -> None:
    """The tests pass for a rule that matches no module, such as a rule for static libraries."""
    assert sum(bool(left_out(owner, rule)) for owner, rule in RULES) > 40


@pytest.mark.parametrize(
    ("owner", "item"), REQUIREMENTS, ids=[f"{owner} {item.name}" for owner, item in REQUIREMENTS]
)
def test_no_import_reaches_a_requirement_that_is_not_bundled(owner: str, item: Requirement) -> None:
    tops = {top for top, owners in installed().by_top_level.items() if item.name in owners}
    own = {bundled_files._module(name) for name in files(owner)[1]}  # noqa: SLF001
    found = {pair for pair in reached(tops, item.condition.unless_imported) if pair[0] in own}
    assert not found
