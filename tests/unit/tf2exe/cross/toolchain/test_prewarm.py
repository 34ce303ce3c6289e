"""The small program that is built when the toolchain is prepared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain import prewarm
from tf2exe.cross.toolchain.location import CrossToolchain
from tf2exe.errors import ToolchainError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.promise("windows", "Preparing the toolchain compiles what all builds share.")
@pytest.mark.skipif(sys.platform != "linux", reason="the toolchain is for Linux")
def test_a_failed_build_is_reported_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toolchain = CrossToolchain(tmp_path)
    for program in (toolchain.wine, toolchain.server):
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\necho no Python >&2\nexit 53\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setattr("tf2exe.compile.compilers.find_zig", lambda: tmp_path)
    log = tmp_path / "prepare.log"
    with pytest.raises(ToolchainError, match="the toolchain does not build: no Python") as caught:
        prewarm.build_program(toolchain, tmp_path / "prewarmed", groups=["litert"], log=log)
    assert "\n" not in str(caught.value)
    assert log.read_text(encoding="utf-8") == "no Python\n"
    assert not (tmp_path / "prewarmed").exists()
