"""The sources of the launchers compile without warnings for every target."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.compile import compilers, launchers
from tf2exe.launchers import sources
from tf2exe.plan.forwarders import ARCHITECTURES

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMS: tuple[sources.System, ...] = ("posix", "windows")
STRICT = [
    "-std=c11",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Werror",
    "-c",
    "-isystem",
    str(launchers.zstd_sources()),
]


def compile_strictly(command: list[str], files: list[str], folder: Path) -> None:
    done = subprocess.run(
        [*command, *STRICT, *files], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="compiles for Linux with gcc"
)
def test_for_linux(tmp_path: Path) -> None:
    own = [
        name
        for name in {*sources.onefile("posix"), *sources.INTERPOSED, sources.START}
        if name != "onefile/zstd_decoder.c"
    ]
    compile_strictly(["gcc", "-O2"], [str(sources.FOLDER / name) for name in own], tmp_path)


def test_for_windows(tmp_path: Path) -> None:
    """Files for Windows, and files with conditions for it. Compiled as one file, which takes a second."""
    zig = compilers.find_zig()
    if zig is None:
        pytest.skip("no Zig here, which compiles for Windows: pip install ziglang")
    names = [
        *(name for name in sources.onefile("windows") if "/windows/" in name),
        *("onefile/paths.c", "onefile/cache_paths.c", "onefile/main.c"),
    ]
    includes = "".join(f'#include "{(sources.FOLDER / name).as_posix()}"\n' for name in names)
    (tmp_path / "all.c").write_text(includes)
    compile_strictly([str(zig), "cc", "-target", "x86_64-windows-gnu"], ["all.c"], tmp_path)


def test_every_source_is_compiled() -> None:
    named = {
        sources.START,
        *sources.INTERPOSED,
        *(name for system in SYSTEMS for name in (*sources.onefile(system), *sources.interpreter(system))),
        *(name for architecture in ARCHITECTURES for name in sources.forwarder(architecture)),
    }
    found = {path.relative_to(sources.FOLDER).as_posix() for path in sources.FOLDER.rglob("*.[cS]")}
    assert named == found
