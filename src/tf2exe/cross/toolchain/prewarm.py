"""Builds a small program, so that the first build of a user finds what every build compiles alike.

That is what Zig links to every program, and the bytecode of Nuitka and of what it imports. It also shows that
the toolchain works.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tf2exe.cross.toolchain import builder, wine
from tf2exe.errors import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tf2exe.cross.toolchain.location import Place

PROGRAM = 'print("built")\n'
OPTIONS = ("--sample", "", "--compiler", "zig")
SHOWN_LINES = 3


def make(place: Place, target: Path, *, groups: Iterable[str], log: Path) -> None:
    """Builds it as a folder, and deletes all of it but its source.

    Args:
        place: of the toolchain.
        target: the folder of the program.
        groups: of packages; those of one runtime must be among them.
        log: takes what the build says.

    Raises:
        ToolchainError: it cannot be built.
    """
    shutil.rmtree(target, ignore_errors=True)
    work = target.with_name("warm.partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    (work / "warm.py").write_text(PROGRAM, encoding="utf-8")
    variables = builder.variables(place, work / ".builder", groups)
    with wine.warm_server(place):
        words = ["build", "warm.py", *OPTIONS, "--mode", "standalone"]
        done = wine.run(place, builder.command(place, words), cwd=work, variables=variables)
    with log.open("ab") as out:
        out.write(done.stderr + done.stdout)
    if done.exit_code:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-SHOWN_LINES:]
        remedy = "run `tf2exe toolchain windows --remove`, and prepare it again"
        raise ToolchainError("the toolchain does not build", "\n  ".join(said), remedy, log)
    target.mkdir()
    (work / "warm.py").rename(target / "warm.py")
    shutil.rmtree(work)
