"""Delegating builds for Windows, without a toolchain."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tf2exe.__main__ import main
from tf2exe.cross import handover
from tf2exe.cross.toolchain import builder
from tf2exe.errors import MachineError, ToolchainError
from tf2exe.system import host

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 1_000_000


class Usage(NamedTuple):
    free: int


def test_windows_paths_are_shown_as_linux_paths() -> None:
    line = "tf2exe: no file (log: Z:\\tmp\\a b\\build.log), 'Z:\\x\\y.py' says 'a\\b'"
    assert handover.to_linux_paths(line) == "tf2exe: no file (log: /tmp/a b/build.log), '/x/y.py' says 'a\\b'"
    assert handover.to_linux_paths(r"{'a': 'Z:\\tmp\\a.py'}") == "{'a': '/tmp/a.py'}"
    assert handover.to_linux_paths("✓ [1/7] config  hello.py as onefile, zig") == (
        "✓ [1/7] config  hello.py as onefile, zig"
    )


@pytest.mark.parametrize(
    ("own", "target", "is_foreign"),
    [
        ("linux-x86_64", "machine", False),
        ("linux-x86_64", "linux-x86_64", False),
        ("linux-x86_64", "windows-x86_64", True),
        ("linux-aarch64", "machine", False),
        ("linux-aarch64", "linux-aarch64", False),
        ("windows-x86_64", "windows-x86_64", False),
    ],
)
def test_a_target_is_foreign_if_it_needs_the_toolchain(
    monkeypatch: pytest.MonkeyPatch, own: str, target: str, *, is_foreign: bool
) -> None:
    monkeypatch.setattr(host, "platform_name", lambda: own)
    assert handover.is_foreign_target(target) is is_foreign


@pytest.mark.parametrize(
    ("own", "target", "remedy"),
    [
        ("linux-x86_64", "linux-aarch64", "build on linux-aarch64"),
        ("linux-aarch64", "linux-x86_64", "build on linux-x86_64"),
        ("linux-aarch64", "windows-x86_64", "build on windows-x86_64 or linux-x86_64"),
        ("windows-x86_64", "linux-x86_64", "build on linux-x86_64"),
    ],
)
def test_a_target_without_a_toolchain_is_refused(
    monkeypatch: pytest.MonkeyPatch, own: str, target: str, remedy: str
) -> None:
    monkeypatch.setattr(host, "platform_name", lambda: own)
    with pytest.raises(MachineError, match=f"no toolchain for {target}") as caught:
        handover.is_foreign_target(target)
    assert caught.value.why == f"this machine is {own}"
    assert caught.value.remedy == remedy


@pytest.mark.promise("windows", "Builds and comparisons for Windows prepare the toolchain first.")
@pytest.mark.parametrize("command", ["build", "baseline", "compare"])
@pytest.mark.skipif(sys.platform != "linux", reason="the toolchain is for Linux")
def test_commands_for_windows_prepare_the_toolchain_first(
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


def test_the_builder_in_wine_sees_only_its_own_sources(tmp_path: Path) -> None:
    source = builder.link_sources(tmp_path / "builder")
    assert [path.name for path in source.iterdir()] == ["tf2exe"]
    assert (source / "tf2exe" / "cross" / "handover.py").is_file()
    assert (source.parent / "nuitka_options" / "base.toml").is_file()
