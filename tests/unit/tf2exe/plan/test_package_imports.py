from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.plan import package_imports
from tf2exe.plan.distributions import SelectedDistribution

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("tkinter", "PIL.ImageTk", "tqdm.tk", "PySide6.QtQ*")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"import tkinter.ttk as ttk", {"tkinter"}),
        (b"def f():\n    from tkinter import ttk", {"tkinter"}),
        (b"from PIL import Image, ImageTk", {"PIL.ImageTk"}),
        (b"from PySide6 import QtQml", {"PySide6.QtQml"}),
        (b"import importlib\nimportlib.import_module('tkinter')", {"tkinter"}),
        (b"from PIL import Image", set()),
        (b"from . import tkinter", set()),
        (b"# import tkinter", set()),
        (b"import tkinter {{ template }}", set()),
    ],
)
def test_what_a_source_imports(source: bytes, expected: set[str]) -> None:
    assert package_imports.imported(source, NAMES) == expected


def package(folder: Path, name: str, files: dict[str, str]) -> SelectedDistribution:
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    return SelectedDistribution(name, "1", "", folder, (*files, f"{name}/removed_since.py"))


def test_known_packages_are_not_read(tmp_path: Path) -> None:
    files = {"thing/window.py": "import turtle"}
    unknown, known = (package(tmp_path, name, files) for name in ("thing", "pillow"))
    assert package_imports.of_unknown_packages([known]) == set()
    assert package_imports.of_unknown_packages([known, unknown]) == {"turtle"}


def test_a_module_that_counts_when_it_is_imported_does_not_count_by_itself(tmp_path: Path) -> None:
    inside = package(tmp_path, "bars", {"tqdm/tk.py": "import tkinter"})
    assert package_imports.of_unknown_packages([inside]) == set()
    caller = package(tmp_path, "caller", {"caller.py": "def f():\n    import tqdm.tk"})
    assert package_imports.of_unknown_packages([inside, caller]) == {"tqdm.tk"}
