"""Checks whether executables for Windows can be built on this machine."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tf2exe.compile import compilers
from tf2exe.cross.toolchain import components, prepare
from tf2exe.cross.toolchain.location import user_toolchain
from tf2exe.doctor.finding import Finding
from tf2exe.system import host

if TYPE_CHECKING:
    from tf2exe.cross.toolchain.location import CrossToolchain

CHECK = "windows"
PREPARE = "run `tf2exe toolchain windows`"


def check_toolchain() -> list[Finding]:
    """The state of the toolchain, or what prevents its set-up."""
    if not host.IS_LINUX:
        return []
    here = user_toolchain()
    if here.folder.is_dir():
        if damaged := prepare.find_damaged(here):
            return [_damaged(damaged)]
        return [_prepared(here, prepare.find_missing(here))]
    lacks = [name for name in ("debootstrap", "dpkg-deb", "patchelf") if not _has(name)]
    lacks += [] if compilers.find_zig() else ["zig (`pip install 'tf2exe[zig]'`)"]
    if lacks:
        fact = f"to build for Windows, install {', '.join(lacks)} and {PREPARE}"
        return [Finding(CHECK, "ok", fact)]
    return [Finding(CHECK, "ok", f"to build for Windows, {PREPARE}")]


def _damaged(found: dict[str, tuple[str, ...]]) -> Finding:
    name, files = next(iter(found.items()))
    more = sum(map(len, found.values())) - 1
    fact = f"damaged: {name} lacks {files[0]}{f' and {more:,} more' if more else ''}"
    return Finding(CHECK, "warning", fact, f"{PREPARE}, which repairs it")


def _prepared(here: CrossToolchain, missing: tuple[str, ...]) -> Finding:
    """A build needs the packages of one runtime only, so the other's may be missing."""
    ready = [name for name in components.RUNTIMES if name not in missing]
    if not ready or not set(missing) <= set(components.PACKAGES):
        return Finding(CHECK, "warning", f"not prepared: {', '.join(missing)}", PREPARE)
    fact = f"executables for Windows can be built with {' and '.join(ready)}, in {here.folder}"
    more = f"; for {' and '.join(missing)}, {PREPARE}" if missing else ""
    return Finding(CHECK, "ok", fact + more)


def _has(name: str) -> bool:
    return bool(compilers.find_tool(name) or shutil.which(name, path="/usr/sbin:/sbin"))
