from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe.analysis.imported_names import (
    imported_modules,
    is_imported,
    is_standard,
    unconditional_imports,
    with_packages,
)
from tf2exe.analysis.modules import find_modules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]


def test_imported_modules_have_their_parent_packages(project: Project, footprint: MakeFootprint) -> None:
    application = project({"run.py": "def f():\n    import tkinter.messagebox\n"}, entry="run.py")
    loaded = footprint(modules=[("google.protobuf.message", "/x.py")])
    assert imported_modules(find_modules(application, ()), loaded, ["numpy.f2py"]) == {
        "numpy",
        "numpy.f2py",
        "tkinter",
        "tkinter.messagebox",
        "google",
        "google.protobuf",
        "google.protobuf.message",
    }


def test_a_star_import_counts_for_the_modules_in_the_list_of_the_package(
    project: Project, footprint: MakeFootprint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site" / "many").mkdir(parents=True)
    (tmp_path / "site" / "many" / "__init__.py").write_text("__all__ = ['one', 'two', 'no name']\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = find_modules(project({"run.py": "from many import *"}, entry="run.py"), ())
    assert imported_modules(found, footprint()) == {"many", "many.*", "many.one", "many.two"}


def test_an_own_module_hides_one_of_the_standard_library(project: Project, footprint: MakeFootprint) -> None:
    files = {"run.py": "import test\nimport turtle\n", "test.py": "from test import x\n"}
    modules = find_modules(project(files, entry="run.py"), ())
    assert imported_modules(modules, footprint()) == {"turtle"}


def test_unconditional_imports_follow_own_modules(project: Project) -> None:
    files = {
        "run.py": "import first\ndef f():\n    import late\n",
        "first.py": "import json\ntry:\n    import tried\nexcept ImportError:\n    pass\n",
        "late.py": "import csv\n",
        "tried.py": "",
    }
    found = unconditional_imports(find_modules(project(files, entry="run.py"), ()), "__main__")
    assert {name: (item.importer, item.line) for name, item in found.items()} == {
        "first": ("__main__", 1),
        "json": ("first", 1),
    }


def test_with_packages() -> None:
    assert with_packages(["a.b.c", "d"]) == {"a", "a.b", "a.b.c", "d"}


def test_is_imported() -> None:
    assert is_imported(("a.b", "a.c*"), {"a.cd"})
    assert is_imported(("a.b",), {"a", "a.b"})
    assert not is_imported(("a.b",), {"a"})
    assert not is_imported((), {"a"})


def test_is_standard() -> None:
    assert is_standard("os.path")
    assert not is_standard("numpy")
