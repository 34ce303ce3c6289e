"""The launcher's own sources compile without a warning, for every target."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tf2exe import compilers, launcher, onefile

if TYPE_CHECKING:
    from pathlib import Path

STRICT = [
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
    "-c",
    "-isystem",
    str(launcher.zstd_sources()),
]


def compile_strictly(command: list[str], sources: list[str], folder: Path) -> None:
    done = subprocess.run(
        [*command, *STRICT, *sources], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_for_linux(tmp_path: Path) -> None:
    own = [
        name
        for name in (*onefile.SOURCES, *onefile.POSIX, *launcher.BROUGHT, launcher.START)
        if name != "decoder.c"
    ]
    compile_strictly(["gcc", "-O2"], [str(onefile.LAUNCHERS / name) for name in own], tmp_path)


def test_for_windows(tmp_path: Path) -> None:
    """As one file, which takes a second: what is of Windows, and what asks whether this is Windows."""
    zig = compilers.zig()
    if zig is None:
        pytest.skip("no Zig here, which compiles for Windows: pip install ziglang")
    names = [*onefile.WINDOWS, "paths.c", "shelf.c", "onefile.c"]
    all_of_them = "".join(f'#include "{(onefile.LAUNCHERS / name).as_posix()}"\n' for name in names)
    (tmp_path / "all.c").write_text(all_of_them)
    compile_strictly([str(zig), "cc", "-target", "x86_64-windows-gnu"], ["all.c"], tmp_path)


def test_every_source_is_compiled() -> None:
    named = {
        launcher.START,
        *launcher.BROUGHT,
        *onefile.SOURCES,
        *onefile.POSIX,
        *onefile.WINDOWS,
        *launcher.PYTHON["posix"],
        *launcher.PYTHON["windows"],
    }
    found = {path.relative_to(onefile.LAUNCHERS).as_posix() for path in onefile.LAUNCHERS.rglob("*.c")}
    assert named == found
