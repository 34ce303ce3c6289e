"""The folder of the toolchain, and the environment of programs in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tf2exe.compile import compilers
from tf2exe.cross.toolchain.location import CrossToolchain, user_toolchain, windows_path
from tf2exe.errors import MachineError


def test_drive_z_is_the_root_folder() -> None:
    assert windows_path(Path("/some where/ä.py")) == "Z:\\some where\\ä.py"


def test_an_environment_variable_sets_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TF2EXE_TOOLCHAIN_DIR", str(tmp_path / "there"))
    assert user_toolchain().folder == tmp_path / "there"


def test_variables_for_programs_of_linux_are_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compilers, "find_zig", lambda: tmp_path / "zig")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    env = CrossToolchain(tmp_path).environment()
    assert "PYTHONPATH" not in env
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert env["PYTHONPYCACHEPREFIX"] == windows_path(tmp_path / "bytecode")
    assert "DISPLAY" not in env
    assert env["XDG_RUNTIME_DIR"] == str(tmp_path)
    assert "TMPDIR" not in env
    assert env["TF_CPP_MIN_LOG_LEVEL"] == "2"
    assert env["WINEPREFIX"] == str(tmp_path / "prefix")
    assert env["TF2EXE_ZIG"] == str(tmp_path / "zig")


def test_missing_zig_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compilers, "find_zig", lambda: None)
    with pytest.raises(MachineError, match="no Zig"):
        CrossToolchain(tmp_path).environment()
