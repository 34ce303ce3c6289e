from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf2exe.samples.runner import RunResult
from tf2exe.verify.compare import Comparison

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeResult = Callable[..., RunResult]
    Compare = Callable[..., Comparison]


def test_equal_results(compare: Compare, answer: MakeResult) -> None:
    comparison = compare([answer("a\n", "b\n"), answer("a\n", "b\n")], answer("a\n", "b\n"))
    assert comparison == Comparison("sample", None, ())
    assert comparison.same


@pytest.mark.promise("parity", "A different byte, exit code or written file is a difference.")
@pytest.mark.parametrize(
    ("executable", "where", "line"),
    [
        ({"stdout": "score 0.12345679\nend\n"}, "stdout", 1),
        ({"stdout": "score 0.12345678\n"}, "stdout", 2),
        ({"stdout": "score 0.12345678\nend\nmore\n"}, "stdout", 3),
        ({"stdout": "score 0.12345678\nend"}, "stdout", 2),
        ({"stdout": "score 0.12345678\r\nend\n"}, "stdout", 1),
        ({"stdout": ""}, "stdout", 1),
        ({"stderr": "warning\nwarning: more\n"}, "stderr", 2),
        ({"stderr": ""}, "stderr", 1),
        ({"exit_code": 1}, "exit code", 0),
        ({"exit_code": -11}, "exit code", 0),
        ({"files": (("out.txt", "22"),)}, "file out.txt", 0),
        ({"files": ()}, "file out.txt", 0),
        ({"files": (("extra.txt", "33"), ("out.txt", "11"))}, "file extra.txt", 0),
    ],
)
def test_every_difference_is_found(
    compare: Compare, answer: MakeResult, executable: dict[str, object], where: str, line: int
) -> None:
    expected = {
        "stdout": "score 0.12345678\nend\n",
        "stderr": "warning\n",
        "files": (("out.txt", "11"),),
    }
    python = answer(**expected)
    comparison = compare([python, python], answer(**{**expected, **executable}))
    assert comparison.difference is not None
    assert (comparison.difference.where, comparison.difference.line) == (where, line)
    assert not comparison.unstable


def test_a_difference_shows_both_sides(compare: Compare, answer: MakeResult) -> None:
    comparison = compare([answer("x 1\n"), answer("x 1\n")], answer("x 2\n"))
    assert str(comparison.difference) == r"stdout, line 1: Python gives 'x 1\n', the executable 'x 2\n'"


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_without_rules_the_bytes_must_be_equal(compare: Compare, left: bytes, right: bytes) -> None:
    python = RunResult("sample", 0, left, b"", (), Path("/x"), 1.0)
    executable = RunResult("sample", 0, right, b"", (), Path("/x"), 1.0)
    assert compare([python, python], executable, rules=()).same is (left == right)


def test_bytes_that_are_not_utf_8_are_compared(compare: Compare) -> None:
    python = RunResult("sample", 0, b"\xff\xfe", b"", (), Path("/x"), 1.0)
    executable = RunResult("sample", 0, b"\xff\xfd", b"", (), Path("/x"), 1.0)
    assert not compare([python, python], executable).same


def test_a_difference_that_no_rule_explains_is_unstable(compare: Compare, answer: MakeResult) -> None:
    comparison = compare([answer("seed 4\n"), answer("seed 5\n")], answer("seed 4\n"))
    assert comparison.unstable
    assert not comparison.same
    said = r"two runs of Python differ: stdout, line 1: one gives 'seed 4\n', the other 'seed 5\n'"
    assert str(comparison) == said


@pytest.mark.parametrize("changed", [{"exit_code": 1}, {"files": (("model.keras", "22"),)}])
def test_unstable_files_and_exit_codes(
    compare: Compare, answer: MakeResult, changed: dict[str, object]
) -> None:
    given = {"exit_code": 0, "files": (("model.keras", "11"),)}
    comparison = compare([answer(**given), answer(**{**given, **changed})], answer(**given, stdout=""))
    assert comparison.unstable
    assert not comparison.same
