from __future__ import annotations

from pathlib import Path

from tf2exe import errors
from tf2exe.errors import Tf2exeError


def error_classes() -> list[type[Tf2exeError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [kind for kind in found if issubclass(kind, Tf2exeError)]


def test_exit_codes_are_unique() -> None:
    codes = [kind.exit_code for kind in error_classes()]
    assert len(codes) >= 8
    assert len(set(codes)) == len(codes)
    assert 0 not in codes


def test_meanings_are_unique() -> None:
    assert len({kind.meaning for kind in error_classes()}) == len(error_classes())


def test_message_has_problem_cause_remedy_and_log() -> None:
    error = errors.CompileError("gcc failed", "exit code 1", "see the log", Path("/x/build.log"))
    assert str(error) == "gcc failed: exit code 1; see the log (log: /x/build.log)"
    assert str(errors.CompileError("a", "b", "c")) == "a: b; c"
