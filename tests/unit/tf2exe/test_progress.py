from __future__ import annotations

import io
import re
import time

import pytest
from rich.console import Console

from tf2exe import progress as module
from tf2exe.progress import Progress


def make(*, terminal: bool = False, quiet: bool = False) -> tuple[Progress, io.StringIO]:
    out = io.StringIO()
    return Progress(Console(file=out, force_terminal=terminal, width=40), 3, quiet=quiet), out


def test_plain_lines_without_a_terminal() -> None:
    progress, out = make()
    with progress.stage("config", "what?"):
        progress.result("run.py [x] as onefile, with a line that is longer than the terminal is wide")
    with progress.stage("trace", "what does it use?"):
        pass
    first, second = out.getvalue().splitlines()
    assert re.fullmatch(r"✓ \[1/3\] config +\d+\.\d s  run\.py \[x\] as onefile, with .* is wide", first)
    assert re.fullmatch(r"✓ \[2/3\] trace +\d+\.\d s *", second)
    assert "\x1b" not in out.getvalue()
    assert list(progress.seconds) == ["config", "trace"]


def test_notes_have_lines_of_their_own_below_the_stage() -> None:
    progress, out = make()
    with progress.stage("package", "what?"):
        progress.note("not in the build: a.dll [b]")
        progress.note("another")
        progress.result("12 MB")
    with progress.stage("verify", "does it?"):
        pass
    first, *notes, last = out.getvalue().splitlines()
    assert first.endswith("12 MB")
    assert notes == ["  not in the build: a.dll [b]", "  another"]
    assert "verify" in last


def test_a_stage_that_fails_has_a_cross_and_no_seconds() -> None:
    progress, out = make()

    def fail() -> None:
        progress.result("not shown with the next stage")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), progress.stage("plan", "why?"):
        fail()
    with progress.stage("compile", ""):
        pass
    first, second = out.getvalue().splitlines()
    assert re.fullmatch(r"✗ \[1/3\] plan after \d+\.\d s", first)
    assert "not shown" not in second
    assert list(progress.seconds) == ["compile"]


def test_a_long_stage_says_from_time_to_time_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.01)
    progress, out = make()
    with progress.stage("compile", "turning it into C"):
        progress.detail("  gcc [file] " + "x" * 200)
        deadline = time.monotonic() + 10
        while "gcc" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.005)
    line = out.getvalue().splitlines()[0]
    assert re.fullmatch(r"  \[1/3\] compile: 0 s, (turning it into C|gcc \[file\] x+)", line)
    assert len(max(out.getvalue().splitlines(), key=len)) < 140


def test_quiet_says_nothing() -> None:
    progress, out = make(quiet=True)
    with progress.stage("config", "what?"):
        progress.result("x")
    assert out.getvalue() == ""
    assert "config" in progress.seconds


def test_a_terminal_gets_a_living_line() -> None:
    progress, out = make(terminal=True)
    with progress.stage("config", "what?"):
        progress.detail("reading")
    assert "\x1b[" in out.getvalue()
    assert "✓" in out.getvalue()
