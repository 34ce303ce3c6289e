"""Packages that the user adds: errors of pip are reported in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain import extra_packages
from tf2exe.cross.toolchain.location import CrossToolchain
from tf2exe.errors import ToolchainError
from tf2exe.system.progress import SilentListener

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.promise("windows", "A package that cannot be installed for Windows is reported in one line.")
@pytest.mark.parametrize(
    ("requirement", "why"),
    [
        ("nobody-has-this", "Could not find a version that satisfies the requirement nobody-has-this"),
        ("not a requirement", "Invalid requirement: 'not a requirement'"),
    ],
)
def test_packages_that_cannot_be_installed_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requirement: str, why: str
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(ToolchainError) as caught:
        extra_packages.install(CrossToolchain(tmp_path), [requirement], SilentListener())
    text = str(caught.value)
    assert text.startswith(f"cannot add {requirement}: {why}")
    assert "name packages that have wheels for Windows and CPython 3.11" in text
    assert "\n" not in text
