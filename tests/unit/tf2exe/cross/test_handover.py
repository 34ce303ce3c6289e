"""Builds for another platform, as far as no toolchain is needed."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tf2exe.__main__ import main
from tf2exe.cross import handover
from tf2exe.cross.toolchain import builder
from tf2exe.errors import MachineError, ToolchainError

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1_000_000


class Usage(NamedTuple):
    free: int


def test_paths_are_shown_as_the_machine_writes_them() -> None:
    line = "tf2exe: no file (log: Z:\\tmp\\a b\\build.log), 'Z:\\x\\y.py' says 'a\\b'"
    assert handover.readable(line) == "tf2exe: no file (log: /tmp/a b/build.log), '/x/y.py' says 'a\\b'"
    assert handover.readable(r"{'a': 'Z:\\tmp\\a.py'}") == "{'a': '/tmp/a.py'}"
    assert handover.readable("✓ [1/7] config  hello.py as onefile, zig") == (
        "✓ [1/7] config  hello.py as onefile, zig"
    )


def test_only_linux_builds_for_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert handover.is_foreign("machine") is False
    assert handover.is_foreign("linux-x86_64") is False
    assert handover.is_foreign("windows-x86_64") is True
    monkeypatch.setattr(sys, "platform", "win32")
    assert handover.is_foreign("windows-x86_64") is False
    with pytest.raises(MachineError, match="no toolchain for linux-x86_64"):
        handover.is_foreign("linux-x86_64")


@pytest.mark.promise("windows", "Builds and comparisons for Windows prepare the toolchain first.")
@pytest.mark.parametrize("command", ["build", "baseline", "compare"])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no toolchain builds for Windows")
def test_what_builds_for_windows_prepares_the_toolchain_first(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TF2EXE_TOOLCHAIN_DIR", str(tmp_path / "toolchain"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(MEGABYTE))
    (tmp_path / "run.py").write_text("", encoding="utf-8")
    code = main([command, "run.py", "--sample", "", "--target", "windows-x86_64"])
    assert code == ToolchainError.exit_code
    assert "not enough disk space for the toolchain" in capsys.readouterr().err
    assert not (tmp_path / "build").exists()


def test_the_builder_in_wine_is_this_one_alone(tmp_path: Path) -> None:
    source = builder.lay_out(tmp_path / "builder")
    assert [path.name for path in source.iterdir()] == ["tf2exe"]
    assert (source / "tf2exe" / "cross" / "handover.py").is_file()
    assert (source.parent / "nuitka_options" / "base.toml").is_file()
