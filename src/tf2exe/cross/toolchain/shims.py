"""Windows programs that run programs of Linux: `native.exe`, and a copy named `zig.exe`."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cross.toolchain.location import TARGET
from tf2exe.errors import ToolchainError
from tf2exe.system.process import run_logged

if TYPE_CHECKING:
    from tf2exe.cross.toolchain.location import CrossToolchain

SOURCES = Path(__file__).resolve().parent / "native"


def build(toolchain: CrossToolchain, *, log: Path) -> None:
    """Compiles the shims with this machine's Zig.

    This also fills Zig's cache: compiling the libraries of Windows programs and the resource compiler takes a
    minute.

    Raises:
        MachineError: Zig is not installed.
        ToolchainError: the compiler failed.
    """
    env = toolchain.environment()
    partial = toolchain.folder / "programs.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    work = toolchain.folder / "work"
    work.mkdir(exist_ok=True)
    zig = env["TF2EXE_ZIG"]
    compiler = [zig, "cc", "-target", TARGET]
    sources = [str(path) for path in sorted(SOURCES.glob("*.c"))]
    program = partial / "native.exe"

    def run(command: list[str]) -> None:
        run_logged(command, log=log, cwd=work, env=env, error=ToolchainError)

    (work / "text.rc").write_text('1 RCDATA { "text" }\n', encoding="utf-8")
    (work / "empty.c").write_text("", encoding="utf-8")
    with ThreadPoolExecutor() as pool:
        resources = pool.submit(run, [zig, "rc", "/c65001", "/fo", "text.res", "--", "text.rc"])
        run([*compiler, "-std=c11", "-O2", "-s", *sources, "-o", str(program)])
        run([*compiler, "-s", "-shared", "empty.c", "-o", "empty.dll"])
        resources.result()
    shutil.rmtree(work)
    shutil.copyfile(program, partial / "zig.exe")
    shutil.rmtree(toolchain.programs, ignore_errors=True)
    partial.rename(toolchain.programs)


def read_sources() -> tuple[bytes, ...]:
    """The C source files."""
    return tuple(path.read_bytes() for path in sorted(SOURCES.glob("*.[ch]")))
