"""The check of the toolchain in `tf2exe doctor`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain import prepare
from tf2exe.doctor import windows_toolchain

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the toolchain is Linux'")


@pytest.mark.parametrize(
    ("missing", "level", "fact"),
    [
        ((), "ok", "can be built with litert and tensorflow, in"),
        (("tensorflow",), "ok", "for tensorflow, run `tf2exe toolchain windows`"),
        (("litert", "compare"), "ok", "with tensorflow, in"),
        (("litert", "tensorflow"), "warning", "not prepared: litert, tensorflow"),
        (("prefix",), "warning", "not prepared: prefix"),
        (("tensorflow", "warm"), "warning", "not prepared: tensorflow, warm"),
    ],
)
def test_one_runtime_is_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: tuple[str, ...], level: str, fact: str
) -> None:
    monkeypatch.setenv("TF2EXE_TOOLCHAIN_DIR", str(tmp_path))
    monkeypatch.setattr(prepare, "find_missing", lambda _place: missing)
    (found,) = windows_toolchain.check_toolchain()
    assert found.level == level
    assert fact in found.fact
    assert (found.remedy == windows_toolchain.PREPARE) == (level == "warning")


def test_what_is_damaged_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TF2EXE_TOOLCHAIN_DIR", str(tmp_path))
    monkeypatch.setattr(
        prepare, "find_damaged", lambda _place: {"machine": ("'usr/lib/a'", "'b'"), "warm": ("'c'",)}
    )
    (found,) = windows_toolchain.check_toolchain()
    assert (found.level, found.fact) == ("warning", "damaged: machine lacks 'usr/lib/a' and 2 more")
    assert found.remedy.startswith(windows_toolchain.PREPARE)
