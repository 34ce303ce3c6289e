"""Builds for another platform, as far as no toolchain is needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe import cross
from tf2exe.errors import MachineError

if TYPE_CHECKING:
    from pathlib import Path


def test_paths_are_shown_as_the_machine_writes_them() -> None:
    line = "tf2exe: no file (log: Z:\\tmp\\a b\\build.log), 'Z:\\x\\y.py' says 'a\\b'"
    assert cross.readable(line) == "tf2exe: no file (log: /tmp/a b/build.log), '/x/y.py' says 'a\\b'"
    assert cross.readable("✓ [1/7] config  hello.py as onefile, zig") == (
        "✓ [1/7] config  hello.py as onefile, zig"
    )


def test_only_linux_builds_for_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert cross.is_foreign("machine") is False
    assert cross.is_foreign("linux-x86_64") is False
    assert cross.is_foreign("windows-x86_64") is True
    monkeypatch.setattr(sys, "platform", "win32")
    assert cross.is_foreign("windows-x86_64") is False
    with pytest.raises(MachineError, match="no toolchain for linux-x86_64"):
        cross.is_foreign("linux-x86_64")


def test_the_builder_in_wine_is_this_one_alone(tmp_path: Path) -> None:
    source = cross._builder(tmp_path / "builder")  # noqa: SLF001 - what PYTHONPATH names
    assert [path.name for path in source.iterdir()] == ["tf2exe"]
    assert (source / "tf2exe" / "cross.py").is_file()
    assert (source.parent / "nuitka_options" / "base.toml").is_file()
