"""Programs for Wine that run programs of the machine: `native.exe`, and the same as `zig.exe`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.errors import ToolchainError
from tf2exe.process import run_logged
from tf2exe.toolchain.place import TARGET

if TYPE_CHECKING:
    from tf2exe.toolchain.place import Place

SOURCES = Path(__file__).resolve().parent / "native"


def make(place: Place, *, log: Path) -> None:
    """Compiles them with the machine's Zig, which also fills its cache with what Windows programs link to.

    Raises:
        MachineError: there is no Zig.
        ToolchainError: it failed.
    """
    env = place.environment()
    partial = place.folder / "programs.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    program = partial / "native.exe"
    sources = [str(path) for path in sorted(SOURCES.glob("*.c"))]
    command = [
        env["TF2EXE_ZIG"],
        "cc",
        "-target",
        TARGET,
        "-std=c11",
        "-O2",
        "-s",
        *sources,
        "-o",
        str(program),
    ]
    run_logged(command, log=log, cwd=partial, env=env, error=ToolchainError)
    shutil.copyfile(program, partial / "zig.exe")
    shutil.rmtree(place.programs, ignore_errors=True)
    partial.rename(place.programs)


def content() -> tuple[bytes, ...]:
    """What they are made of."""
    return tuple(path.read_bytes() for path in sorted(SOURCES.glob("*.[ch]")))
