"""Fills the caches of Zig and of bytecode by building a small program, and tests the toolchain with it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tf2exe.cross.toolchain import builder, wine
from tf2exe.errors import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.cross.toolchain.location import CrossToolchain

PROGRAM = 'print("built")\n'
OPTIONS = ("--sample", "", "--compiler", "zig")
SHOWN_LINES = 3


def build_program(toolchain: CrossToolchain, target: Path, *, groups: Iterable[str], log: Path) -> None:
    """Builds a small program as a folder, and deletes all but its source.

    Args:
        toolchain: the toolchain.
        target: the folder of the program.
        groups: package groups, at least one runtime.
        log: receives the output of the build.

    Raises:
        ToolchainError: the build failed.
    """
    shutil.rmtree(target, ignore_errors=True)
    work = target.with_name(f"{target.name}.partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    (work / "hello.py").write_text(PROGRAM, encoding="utf-8")
    variables = builder.variables(toolchain, work / ".builder", groups)
    with wine.keep_server_running(toolchain):
        words = ["build", "hello.py", *OPTIONS, "--mode", "standalone"]
        done = wine.run(toolchain, builder.command(toolchain, words), cwd=work, variables=variables)
    with log.open("ab") as out:
        out.write(done.stderr + done.stdout)
    if done.exit_code:
        output = done.stderr.decode(errors="replace").strip().splitlines()[-SHOWN_LINES:]
        remedy = "run `tf2exe toolchain windows --remove`, and set it up again"
        raise ToolchainError("the toolchain does not build", "\n  ".join(output), remedy, log)
    target.mkdir()
    (work / "hello.py").rename(target / "hello.py")
    shutil.rmtree(work)
