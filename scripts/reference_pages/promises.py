"""`promises.md`, from the markers `promise` beside the tests, which are read and not imported."""

from __future__ import annotations

import ast
from difflib import SequenceMatcher, get_close_matches
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from reference_pages.markdown import cell, code, table

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]

INTRODUCTION = """\
# Promises and the tests that keep them

Each row is a promise of tf2exe with the tests that fail when it is broken. `pytest` runs them all; those
in `tests/build/` make and run real executables.
[Work on the tests](../how-to/work-on-the-tests.md) says how to run a part of them.

A promise is a marker beside its test: `@pytest.mark.promise("parity", "...")`.
"""

SECTIONS = {
    "parity": "Parity",
    "build": "Build",
    "signals": "Signals and streams",
    "onefile": "Onefile",
    "input": "Malformed images and command lines",
    "systems": "Minimal and older systems",
    "symbols": "Local symbols",
    "pyinstaller": "PyInstaller",
    "comparison": "Comparison",
    "windows": "Windows",
}
"""The first argument of the marker, and the heading on the page, in its order."""

ALIKE = 0.9
"""Two texts of a section that are so similar are one promise, of which one text was edited alone."""

Promises = dict[tuple[str, str], list[str]]
"""Section and text, with the node ids of the tests."""


class MarkerError(Exception):
    """A marker that cannot be put on the page."""


def read(tests: Path) -> Promises:
    """All promises of the test files below a folder.

    Args:
        tests: The folder `tests`; node ids are relative to the folder above it.

    Raises:
        MarkerError: A marker has other arguments than two strings, names no section, is not on a test, or has
            nearly the text of another one.
    """
    found: Promises = {}
    for path in sorted(tests.rglob("test_*.py")):
        file = path.relative_to(tests.parent).as_posix()
        for node, name in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            for marker in filter(_is_promise, node.decorator_list):
                section, text = _arguments(marker, f"{file}:{marker.lineno}")
                if not node.name.startswith("test_"):
                    raise MarkerError(f"{file}:{marker.lineno}: {node.name} is not a test")
                found.setdefault((section, text), []).append(f"{file}::{name}")
    _refuse_similar(found)
    return found


def _functions(tree: ast.AST, within: str = "") -> Iterator[tuple[ast.FunctionDef, str]]:
    """The functions of a module and of its classes, each with its name for pytest."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield node, within + node.name
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{within}{node.name}::")


def _is_promise(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called) == "pytest.mark.promise"


def _arguments(marker: ast.expr, place: str) -> tuple[str, str]:
    match marker:
        case ast.Call(args=[ast.Constant(str(section)), ast.Constant(str(text))], keywords=[]):
            pass
        case _:
            raise MarkerError(f"{place}: a promise has two strings, its section and its text")
    if section not in SECTIONS:
        near = get_close_matches(section, SECTIONS, 1) or list(SECTIONS)
        raise MarkerError(f"{place}: unknown section {section!r}; use {', '.join(near)}")
    return section, text


def _refuse_similar(found: Promises) -> None:
    for (section, one), (other_section, other) in combinations(found, 2):
        if section == other_section and SequenceMatcher(None, one, other).ratio() > ALIKE:
            tests = f"{found[section, one][0]} and {found[section, other][0]}"
            raise MarkerError(f"{tests}: nearly the same promise; use one text: {one!r}, {other!r}")


def page() -> list[str]:
    """The lines of the page."""
    found = read(CHECKOUT / "tests")
    lines = INTRODUCTION.splitlines()
    for key, title in SECTIONS.items():
        rows = [
            [cell(text), " ".join(code(test) for test in tests)]
            for (section, text), tests in sorted(found.items())
            if section == key
        ]
        if rows:
            lines += ["", f"## {title}", "", *table(["promise", "tests"], rows)[:-1]]
    return lines
