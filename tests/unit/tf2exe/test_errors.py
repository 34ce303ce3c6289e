from __future__ import annotations

from pathlib import Path

from tf2exe import errors
from tf2exe.errors import Tf2exeError


def kinds() -> list[type[Tf2exeError]]:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    return [kind for kind in found if issubclass(kind, Tf2exeError)]


def test_exit_codes_are_unique() -> None:
    codes = [kind.exit_code for kind in kinds()]
    assert len(codes) >= 8
    assert len(set(codes)) == len(codes)
    assert 0 not in codes


def test_every_kind_has_its_own_meaning() -> None:
    assert len({kind.meaning for kind in kinds()}) == len(kinds())


def test_an_error_says_what_why_what_to_do_and_where_the_log_is() -> None:
    error = errors.CompileError("gcc failed", "exit code 1", "see the log", Path("/x/build.log"))
    assert str(error) == "gcc failed: exit code 1; see the log (log: /x/build.log)"
    assert str(errors.CompileError("a", "b", "c")) == "a: b; c"
