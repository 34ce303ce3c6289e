"""Programs for Wine that run programs of the machine: `native.exe`, and the same as `zig.exe`."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cross.toolchain.location import TARGET
from tf2exe.errors import ToolchainError
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from tf2exe.cross.toolchain.location import Place

SOURCES = Path(__file__).resolve().parent / "native"


def make(place: Place, *, log: Path) -> None:
    """Compiles them with the machine's Zig.

    That fills its cache, too: what Windows programs are linked to takes Zig a minute the first time, and its
    compiler of resources likewise.

    Raises:
        MachineError: there is no Zig.
        ToolchainError: it failed.
    """
    env = place.environment()
    partial = place.folder / "programs.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    warming = place.folder / "warming"
    warming.mkdir(exist_ok=True)
    zig = env["TF2EXE_ZIG"]
    compiler = [zig, "cc", "-target", TARGET]
    sources = [str(path) for path in sorted(SOURCES.glob("*.c"))]
    program = partial / "native.exe"

    def run(command: list[str]) -> None:
        run_logged(command, log=log, cwd=warming, env=env, error=ToolchainError)

    (warming / "text.rc").write_text('1 RCDATA { "text" }\n', encoding="utf-8")
    (warming / "empty.c").write_text("", encoding="utf-8")
    with ThreadPoolExecutor() as beside:
        resources = beside.submit(run, [zig, "rc", "/c65001", "/fo", "text.res", "--", "text.rc"])
        run([*compiler, "-std=c11", "-O2", "-s", *sources, "-o", str(program)])
        run([*compiler, "-s", "-shared", "empty.c", "-o", "empty.dll"])
        resources.result()
    shutil.rmtree(warming)
    shutil.copyfile(program, partial / "zig.exe")
    shutil.rmtree(place.programs, ignore_errors=True)
    partial.rename(place.programs)


def content() -> tuple[bytes, ...]:
    """What they are made of."""
    return tuple(path.read_bytes() for path in sorted(SOURCES.glob("*.[ch]")))
