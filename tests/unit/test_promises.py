"""Every test that a promise names exists; a promise without a test is none."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "reference" / "promises.md"


def rows() -> list[tuple[str, list[str]]]:
    """Promise and named tests of each row of each table."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [
        (promise, re.findall(r"`([^`]+)`", tests))
        for promise, tests in cells
        if promise != "promise" and set(promise) != {"-"}
    ]


def names_in(file: str) -> set[str]:
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_tests_that_exist() -> None:
    assert len(rows()) >= 8
    for promise, tests in rows():
        assert tests, f"no test keeps: {promise}"
        for test in tests:
            file, _, name = test.partition("::")
            assert name.startswith("test_"), test
            assert (REPOSITORY / file).is_file(), test
            assert name in names_in(file), test


def test_no_promise_stands_twice() -> None:
    promises = [promise for promise, _ in rows()]
    assert len(promises) == len(set(promises))
