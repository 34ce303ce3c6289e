"""Unpacked Debian packages: Wine uses the dynamic linker and the libraries of its own tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.compile import compilers
from tf2exe.cross.toolchain import pins, rootfs
from tf2exe.errors import MachineError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the toolchain is for Linux")


def make_tree(folder: Path) -> None:
    """Programs of this machine stand in for Wine's."""
    libraries, wine = folder / rootfs.LIBRARIES, folder / "usr/lib/wine"
    windows = libraries / "wine/x86_64-windows"
    for created in (
        libraries / "wine/i386-windows",
        windows,
        folder / rootfs.EXTRA_DLLS,
        wine,
        folder / "usr/share/wine",
        folder / "usr/games",
    ):
        created.mkdir(parents=True)
    (libraries / "wine/i386-windows/a.dll").touch()
    (folder / rootfs.EXTRA_DLLS / "zlib1.dll").write_bytes(b"x" * 200)
    for name in rootfs.ELF:
        shutil.copy2(shutil.which("true") or "/bin/true", folder / name)
    (wine / "wineserver").write_text("#!/bin/sh\n", encoding="utf-8")


def test_wine_uses_its_own_libraries(tmp_path: Path) -> None:
    patchelf = compilers.find_tool("patchelf")
    assert patchelf
    make_tree(tmp_path / "unpacked")
    target = tmp_path / "rootfs"
    rootfs._move_kept(tmp_path / "unpacked", target)  # noqa: SLF001 - the part that needs no network
    rootfs._set_library_paths(target, patchelf, tmp_path / "log")  # noqa: SLF001 - the part that needs no network
    assert not (target / "usr/games").exists()
    added = (target / rootfs.LIBRARIES / "wine/x86_64-windows/zlib1.dll").read_bytes()
    assert added == b"x" * 64 + b"Wine builtin DLL" + bytes(16) + b"x" * 104
    assert not (target / rootfs.LIBRARIES / "wine/i386-windows").exists()
    program = str(target / "usr/lib/wine/wineserver")

    def read_elf(what: str) -> str:
        done = subprocess.run([patchelf, what, program], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert read_elf("--print-interpreter") == str(target / rootfs.LIBRARIES / "ld-linux-x86-64.so.2")
    assert read_elf("--print-rpath") == str(target / rootfs.LIBRARIES)
    assert (target / "usr/share/wine/wine").resolve() == target / "usr/share/wine"


def test_a_missing_tool_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compilers, "find_tool", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda _name, **_rest: None)
    with pytest.raises(MachineError, match="no debootstrap"):
        rootfs.create(
            pins.read_pins().rootfs, tmp_path, log=tmp_path / "log", mirror="", on_line=lambda _line: None
        )
