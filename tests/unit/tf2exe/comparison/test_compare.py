from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.comparison.compare import read_loads

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.config.application import Application


def test_only_input_files_are_repeated(project: Callable[..., Application]) -> None:
    files = {"run.py": "", "photos/a.png": "x", "photos/b.png": "x", "c.png": "x"}
    table = {"name": "busy", "arguments": ["photos", "--batch-size", "2", "c.png"], "repeat": 3}
    (load,) = read_loads(project(files, entry="run.py", compare={"loads": [table]}))
    assert load.name == "busy"
    assert load.sample.arguments == (*["photos"] * 3, "--batch-size", "2", *["c.png"] * 3)
    assert sorted(name for _, name in load.sample.inputs) == ["c.png", "photos/a.png", "photos/b.png"]
