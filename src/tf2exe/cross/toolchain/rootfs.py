"""The Debian tree with Wine: only unpacked, never entered, so that it needs no rights."""

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

    from tf2exe.cross.toolchain.pins import Machine

FORMAT = 2
"""Changes when the tree has to be made anew."""
LIBRARIES = "usr/lib/x86_64-linux-gnu"
KEPT = (
    LIBRARIES,
    "usr/lib64",
    "usr/lib/wine",
    "usr/share/wine",
    "usr/share/doc/libwine",
)
"""What Wine needs of the tree."""
ADDED = "usr/x86_64-w64-mingw32/lib"
"""DLLs of other packages that Wine's need."""
MARK, MARK_BEGIN, MARK_SIZE = b"Wine builtin DLL", 64, 32
"""In the text of a DLL's old header, that it cannot be run in DOS mode."""
DROPPED = (f"{LIBRARIES}/wine/i386-windows", f"{LIBRARIES}/gconv", f"{LIBRARIES}/perl-base")
"""Large, and of no use: 32-bit Windows programs, character sets of the C library, Perl."""
ELF = ("usr/lib/wine/wine64", "usr/lib/wine/wineserver64")


def make(wanted: Machine, target: Path, *, log: Path, mirror: str, on_line: Callable[[str], None]) -> None:
    """Downloads and unpacks; what an earlier attempt has downloaded is not fetched again.

    Raises:
        MachineError: a tool is missing.
        ToolchainError: debootstrap failed.
    """
    debootstrap, unpack, patchelf = _tools()
    downloads, partial = target.with_name("downloads"), target.with_name("machine.partial")
    # Only the packages' files are wanted: no installation, so that an ordinary user can do it.
    asked = ["--download-only", "--variant=minbase", f"--include={','.join(wanted.packages)}"]
    command = [debootstrap, *asked, wanted.suite, str(downloads), *([mirror] if mirror else [])]
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    run_logged(
        command,
        log=log,
        cwd=target.parent,
        env={**os.environ, "PATH": path},
        on_line=on_line,
        error=ToolchainError,
        remedy="see the log; the same command goes on where it stopped",
    )
    shutil.rmtree(partial, ignore_errors=True)
    for package in sorted((downloads / "var/cache/apt/archives").glob("*.deb")):
        on_line(f"unpacking {package.name}")
        run_logged(
            [unpack, "-x", str(package), str(partial)], log=log, cwd=target.parent, error=ToolchainError
        )
    shutil.rmtree(target, ignore_errors=True)
    _keep(partial, target)
    _settle(target, patchelf, log)
    shutil.rmtree(partial)
    shutil.rmtree(downloads)


def _tools() -> tuple[str, str, str]:
    found = []
    for name, package in (("debootstrap", "debootstrap"), ("dpkg-deb", "dpkg"), ("patchelf", "patchelf")):
        path = compilers.tool(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if path is None:
            raise MachineError(
                f"no {name}", "the toolchain for Windows requires it", f"install the package {package}"
            )
        found.append(path)
    return found[0], found[1], found[2]


def _keep(partial: Path, target: Path) -> None:
    for name in KEPT:
        if (partial / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).rename(target / name)
    for path in sorted((partial / ADDED).glob("*.dll")):
        _add(path, target / LIBRARIES / "wine/x86_64-windows" / path.name)
    for name in DROPPED:
        shutil.rmtree(target / name, ignore_errors=True)


def _add(source: Path, target: Path) -> None:
    """Marks a DLL as one of Wine's own, as Debian's package does when it is installed."""
    content = source.read_bytes()
    target.write_bytes(
        content[:MARK_BEGIN] + MARK.ljust(MARK_SIZE, b"\0") + content[MARK_BEGIN + MARK_SIZE :]
    )


def _settle(target: Path, patchelf: str, log: Path) -> None:
    """Has Wine take loader and libraries of its own tree, from where it lies now."""
    libraries = target / LIBRARIES
    for name in ELF:
        command = [patchelf, "--set-interpreter", str(libraries / "ld-linux-x86-64.so.2")]
        command += ["--force-rpath", "--set-rpath", str(libraries), str(target / name)]
        run_logged(command, log=log, cwd=target, error=ToolchainError)
    # Debian's is a shell script with fixed paths; the compiled-in path of the tables has one folder more.
    server = target / "usr/lib/wine/wineserver"
    server.unlink()
    server.symlink_to("wineserver64")
    (target / "usr/share/wine/wine").symlink_to(".")
