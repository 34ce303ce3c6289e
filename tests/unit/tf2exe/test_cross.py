"""Builds for another platform, as far as no toolchain is needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe import cross
from tf2exe.__main__ import main
from tf2exe.errors import MachineError

if TYPE_CHECKING:
    from pathlib import Path


def test_paths_are_shown_as_the_machine_writes_them() -> None:
    line = "tf2exe: no file (log: Z:\\tmp\\a b\\build.log), 'Z:\\x\\y.py' says 'a\\b'"
    assert cross.readable(line) == "tf2exe: no file (log: /tmp/a b/build.log), '/x/y.py' says 'a\\b'"
    assert cross.readable(r"{'a': 'Z:\\tmp\\a.py'}") == "{'a': '/tmp/a.py'}"
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


@pytest.mark.parametrize("command", ["baseline", "compare"])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no toolchain builds for Windows")
def test_what_measures_on_this_machine_refuses_another_platform(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.py").write_text("", encoding="utf-8")
    code = main([command, "run.py", "--sample", "", "--target", "windows-x86_64"])
    assert code == MachineError.exit_code
    assert "nothing is compared for windows-x86_64 here" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["run.py"]


def test_the_builder_in_wine_is_this_one_alone(tmp_path: Path) -> None:
    source = cross._builder(tmp_path / "builder")  # noqa: SLF001 - what PYTHONPATH names
    assert [path.name for path in source.iterdir()] == ["tf2exe"]
    assert (source / "tf2exe" / "cross.py").is_file()
    assert (source.parent / "nuitka_options" / "base.toml").is_file()
