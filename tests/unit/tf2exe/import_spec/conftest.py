from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.import_spec.conversion import convert
from tf2exe.import_spec.running import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.import_spec.table import Conversion


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a small program, which is the current one."""
    folder = tmp_path / "program"
    for name in ("run.py", "model.keras", "data/a.txt", "data/deep/b.txt", "own/__init__.py", "own/late.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "own" / "words.txt").write_text("")
    (folder / "icon.ico").write_bytes(b"\x00\x00\x01\x00")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def imported(program: Path) -> Callable[..., Conversion]:
    """Converts a spec file beside the program."""

    def make(text: str, *arguments: str, name: str = "app.spec") -> Conversion:
        path = program / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return convert(run(path, arguments))

    return make
