from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.modules import find_modules, locate_module
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

    Project = Callable[..., Application]


def test_imports_of_own_modules_are_followed(project: Project) -> None:
    files = {
        "run.py": "def main():\n    import lazy\n",
        "lazy.py": "import package.part\n",
        "package/__init__.py": "",
        "package/part.py": "from . import sibling\nfrom .deeper.leaf import thing\n",
        "package/sibling.py": "from .deeper import leaf\n",
        "package/deeper/__init__.py": "",
        "package/deeper/leaf.py": "from ..sibling import x\nfrom .. import sibling\nimport json\n",
        "unused.py": "",
    }
    modules = {module.name: module for module in find_modules(project(files, entry="run.py"), ())}
    assert list(modules) == [
        "__main__",
        "lazy",
        "package",
        "package.deeper",
        "package.deeper.leaf",
        "package.part",
        "package.sibling",
    ]
    assert modules["package"].is_package
    assert not modules["package.part"].is_package
    leaf = modules["package.deeper.leaf"]
    assert {item.module for item in leaf.imports} == {
        "package.sibling",
        "package.sibling.x",
        "package",
        "json",
    }
    assert leaf.top == "package"


def test_further_modules_are_read_too(project: Project) -> None:
    application = project({"run.py": "", "hidden.py": "import other", "other.py": ""}, entry="run.py")
    names = [module.name for module in find_modules(application, ["hidden"])]
    assert names == ["__main__", "hidden", "other"]


def test_a_package_entry_resolves_relative_imports(project: Project) -> None:
    files = {"app/__init__.py": "", "app/__main__.py": "from .core import run\nfrom . import more"}
    files |= {"app/core.py": "", "app/more.py": ""}
    names = [module.name for module in find_modules(project(files, entry="app"), ())]
    assert names == ["__main__", "app", "app.core", "app.more"]


def test_a_function_entry_begins_at_its_module(project: Project) -> None:
    files = {"app/__init__.py": "", "app/cli.py": "import helper\ndef main(): ...", "helper.py": ""}
    names = [module.name for module in find_modules(project(files, entry="app.cli:main"), ())]
    assert names == ["app", "app.cli", "helper"]


def test_a_module_with_a_syntax_error(project: Project) -> None:
    application = project({"run.py": "import broken", "broken.py": "def f(:\n"}, entry="run.py")
    with pytest.raises(ConfigurationError, match=r"broken\.py is not valid Python"):
        find_modules(application, ())


def test_a_module_is_located_with_its_parent_packages(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    for name in ("__init__.py", "part.py"):
        (tmp_path / "package" / name).touch()
    found = list(locate_module("package.part.attribute", [str(tmp_path)]))
    assert found == [
        ("package", tmp_path / "package" / "__init__.py"),
        ("package.part", tmp_path / "package" / "part.py"),
    ]
    assert list(locate_module("absent.part", [str(tmp_path)])) == []
