"""Debian's packages with Wine, only unpacked: that requires no root."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tf2exe.compile import compilers
from tf2exe.errors import MachineError, ToolchainError
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.cross.toolchain.pins import Rootfs

FORMAT = 2
"""Increased if existing trees must be replaced."""
LIBRARIES = "usr/lib/x86_64-linux-gnu"
KEPT = (
    LIBRARIES,
    "usr/lib64",
    "usr/lib/wine",
    "usr/share/wine",
    "usr/share/doc/libwine",
)
"""The parts that Wine needs."""
EXTRA_DLLS = "usr/x86_64-w64-mingw32/lib"
"""DLLs of other packages that Wine's DLLs need."""
MARK, MARK_BEGIN, MARK_SIZE = b"Wine builtin DLL", 64, 32
"""The mark replaces a part of the DOS stub's text ('cannot be run in DOS mode')."""
DROPPED = (f"{LIBRARIES}/wine/i386-windows", f"{LIBRARIES}/gconv", f"{LIBRARIES}/perl-base")
"""Large and unused: 32-bit Windows programs, character sets of the C library, Perl."""
ELF = ("usr/lib/wine/wine64", "usr/lib/wine/wineserver64")


def create(pin: Rootfs, target: Path, *, log: Path, mirror: str, on_line: Callable[[str], None]) -> None:
    """Downloads and unpacks the packages. Downloads of an earlier attempt are used.

    Raises:
        MachineError: a required tool is not installed.
        ToolchainError: debootstrap failed.
    """
    debootstrap, unpack, patchelf = _tools()
    downloads, partial = target.with_name("downloads"), target.with_name("machine.partial")
    # Downloading requires no root; installing would.
    options = ["--download-only", "--variant=minbase", f"--include={','.join(pin.packages)}"]
    command = [debootstrap, *options, pin.suite, str(downloads), *([mirror] if mirror else [])]
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    run_logged(
        command,
        log=log,
        cwd=target.parent,
        env={**os.environ, "PATH": path},
        on_line=on_line,
        error=ToolchainError,
        remedy="see the log; the same command continues where it stopped",
    )
    shutil.rmtree(partial, ignore_errors=True)
    for package in sorted((downloads / "var/cache/apt/archives").glob("*.deb")):
        on_line(f"unpacking {package.name}")
        run_logged(
            [unpack, "-x", str(package), str(partial)], log=log, cwd=target.parent, error=ToolchainError
        )
    shutil.rmtree(target, ignore_errors=True)
    _move_kept(partial, target)
    _set_library_paths(target, patchelf, log)
    shutil.rmtree(partial)
    shutil.rmtree(downloads)


def _tools() -> tuple[str, str, str]:
    found = []
    for name, package in (("debootstrap", "debootstrap"), ("dpkg-deb", "dpkg"), ("patchelf", "patchelf")):
        path = compilers.find_tool(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if path is None:
            raise MachineError(
                f"no {name}", "the toolchain for Windows requires it", f"install the package {package}"
            )
        found.append(path)
    return found[0], found[1], found[2]


def _move_kept(partial: Path, target: Path) -> None:
    for name in KEPT:
        if (partial / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).rename(target / name)
    for path in sorted((partial / EXTRA_DLLS).glob("*.dll")):
        _copy_marked(path, target / LIBRARIES / "wine/x86_64-windows" / path.name)
    for name in DROPPED:
        shutil.rmtree(target / name, ignore_errors=True)


def _copy_marked(source: Path, target: Path) -> None:
    """Copies a DLL and marks it as one of Wine's, as the installation of Debian's package does."""
    content = source.read_bytes()
    target.write_bytes(
        content[:MARK_BEGIN] + MARK.ljust(MARK_SIZE, b"\0") + content[MARK_BEGIN + MARK_SIZE :]
    )


def _set_library_paths(target: Path, patchelf: str, log: Path) -> None:
    """Makes Wine use the dynamic linker and the libraries of its own tree."""
    libraries = target / LIBRARIES
    for name in ELF:
        command = [patchelf, "--set-interpreter", str(libraries / "ld-linux-x86-64.so.2")]
        command += ["--force-rpath", "--set-rpath", str(libraries), str(target / name)]
        run_logged(command, log=log, cwd=target, error=ToolchainError)
    # Debian's wineserver is a shell script with fixed paths. Wine looks for its tables one folder deeper.
    server = target / "usr/lib/wine/wineserver"
    server.unlink()
    server.symlink_to("wineserver64")
    (target / "usr/share/wine/wine").symlink_to(".")
