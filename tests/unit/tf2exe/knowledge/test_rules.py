"""Replacements: texts of installed packages that differ inside an executable."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tf2exe.knowledge import package_rules
from tf2exe.knowledge.rules import SourcePatch

REPLACEMENTS = [change for package in package_rules.read_all() for change in package.patches]


def replacement(old: str, new: str) -> SourcePatch:
    return SourcePatch("package/mod.py", old, new, "a reason", "a file")


@pytest.mark.promise("parity", "Patches keep line numbers, and one that does not apply is reported.")
@pytest.mark.parametrize("change", REPLACEMENTS, ids=lambda change: change.file)
def test_every_replacement_fits_the_installed_file_and_keeps_its_lines(change: SourcePatch) -> None:
    top, *inside = change.file.split("/")
    spec = importlib.util.find_spec(top)
    if spec is None or spec.origin is None:
        pytest.skip(f"{top} is not installed")
    text = Path(spec.origin).parent.joinpath(*inside).read_bytes()
    changed = change.apply(text)
    assert changed is not None, f"{change.origin}: the installed {change.file} does not have the text"
    lines, instead = text.splitlines(), changed.splitlines()
    assert len(lines) == len(instead)
    differing = [number for number, line in enumerate(lines) if line != instead[number]]
    assert 0 < len(differing) <= change.old.strip("\n").count("\n") + 1
    compile(changed, change.file, "exec", dont_inherit=True)


@pytest.mark.promise("parity", "Patches keep line numbers, and one that does not apply is reported.")
def test_a_replacement_that_would_move_lines_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mod\.py: the patch has 2 lines, the original 1"):
        replacement("a", "a\nb")


def test_a_text_that_is_missing_or_not_unique_is_not_replaced() -> None:
    change = replacement("\nx = 1\n", "\nx = 2\n")
    assert change.apply(b"x = 1\n") == b"x = 2\n"
    assert change.apply(b"y = 1\n") is None
    assert change.apply(b"x = 1\nx = 1\n") is None


def test_a_file_keeps_its_line_ends() -> None:
    change = replacement("if a:\n    b()", "if c:\n    d()")
    assert change.apply(b"if a:\r\n    b()\r\n") == b"if c:\r\n    d()\r\n"
