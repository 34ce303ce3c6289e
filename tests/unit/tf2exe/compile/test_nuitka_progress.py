from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.compile.nuitka_progress import NuitkaProgress
from tf2exe.system.progress import Step

if TYPE_CHECKING:
    from pathlib import Path


def test_messages_of_nuitka_become_steps(tmp_path: Path) -> None:
    (tmp_path / "run.build").mkdir()
    (tmp_path / "run.build" / "a.c").touch()
    progress = NuitkaProgress(tmp_path)
    found = []
    for line in (
        "Nuitka-Options: Used command line options:",
        "Nuitka: Starting Python compilation with:",
        "Nuitka: Completed Python level compilation and optimization.",
        "Nuitka: Generating source code for C backend compiler.",
        "Nuitka: Running C compilation via Scons.",
        "Nuitka-Scons: Backend C compiler: gcc (gcc 12).",
    ):
        progress.on_line(line)
        found.append(progress.current_step().activity)
    assert found == ["analyse", "analyse", "analyse", "generate", "compile", "compile"]


def test_compiled_files_are_counted(tmp_path: Path) -> None:
    folder = tmp_path / "run.build"
    for name in (
        "a.c",
        "b.c",
        "c.c",
        "a.os",
        "b.obj",
        "a.d",
        "static_src/d.c",
        "static_src/d.o",
        "modules/e.c",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    (folder / "c.os").touch()  # the assembler has begun
    progress = NuitkaProgress(tmp_path)
    progress.on_line("Nuitka: Running C compilation via Scons.")
    assert progress.current_step() == Step("compile", number=3, total=4)
    (folder / "c.os").write_bytes(b"x")
    assert progress.current_step() == Step("link")
