from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis import modules
from tf2exe.analysis.modules import Module, is_imported, is_standard, scan
from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.trace.footprint import Footprint

    Project = Callable[..., Application]
    MakeFootprint = Callable[..., Footprint]


def read(project: Project, text: str, **others: str) -> Module:
    """The main module of a script, with other modules beside it."""
    files = {"run.py": text, **{f"{name}.py": content for name, content in others.items()}}
    modules = {module.name: module for module in scan(project(files, entry="run.py"), ())}
    return modules["__main__"]


def imported(module: Module) -> set[str]:
    return {item.module for item in module.imports}


def test_every_form_of_import(project: Project) -> None:
    main = read(
        project,
        "import a.b, c as d\n"
        "from e import f\n"
        "def g():\n"
        "    import inside\n"
        "    if True:\n"
        "        from deep import er\n"
        "try:\n    import tried\nexcept ImportError:\n    import instead\n",
    )
    wanted = {"a.b", "c", "e", "e.f", "inside", "deep", "deep.er", "tried", "instead"}
    assert imported(main) == wanted
    assert next(item.line for item in main.imports if item.module == "inside") == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import importlib\nimportlib.import_module('x.y')", "x.y"),
        ("from importlib import import_module as load\nload('x.y')", "x.y"),
        ("import importlib as i\ndef f():\n    return i.import_module('x.y')", "x.y"),
        ("__import__('x.y')", "x.y"),
    ],
)
def test_constants_that_are_imported_by_name(project: Project, text: str, expected: str) -> None:
    assert expected in imported(read(project, text))


def test_names_that_are_computed_are_not_guessed(project: Project) -> None:
    main = read(project, "import importlib, sys\nimportlib.import_module(sys.argv[1])\nprint('x.y')")
    assert imported(main) == {"importlib", "sys"}


def test_own_modules_are_followed(project: Project) -> None:
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
    modules = {module.name: module for module in scan(project(files, entry="run.py"), ())}
    assert set(modules) == {
        "__main__",
        "lazy",
        "package",
        "package.part",
        "package.sibling",
        "package.deeper",
        "package.deeper.leaf",
    }
    assert modules["package"].is_package
    assert not modules["package.part"].is_package
    assert imported(modules["package.deeper.leaf"]) == {
        "package.sibling",
        "package.sibling.x",
        "package",
        "json",
    }
    assert modules["package.deeper.leaf"].top == "package"


def test_further_modules_are_read_too(project: Project) -> None:
    application = project({"run.py": "", "hidden.py": "import other", "other.py": ""}, entry="run.py")
    assert [module.name for module in scan(application, ["hidden"])] == ["__main__", "hidden", "other"]


def test_a_package_entry_resolves_relative_imports(project: Project) -> None:
    files = {"app/__init__.py": "", "app/__main__.py": "from .core import run\nfrom . import more"}
    files |= {"app/core.py": "", "app/more.py": ""}
    names = [module.name for module in scan(project(files, entry="app"), ())]
    assert names == ["__main__", "app", "app.core", "app.more"]


def test_a_function_entry_begins_at_its_module(project: Project) -> None:
    files = {"app/__init__.py": "", "app/cli.py": "import helper\ndef main(): ...", "helper.py": ""}
    names = [module.name for module in scan(project(files, entry="app.cli:main"), ())]
    assert names == ["app", "app.cli", "helper"]


def test_a_module_that_is_no_python(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"broken\.py is not valid Python"):
        read(project, "import broken", broken="def f(:\n")


@pytest.mark.parametrize(
    "text",
    [
        "import tensorflow as tf\n@tf.function\ndef f(x): ...",
        "import tensorflow\n@tensorflow.function(jit_compile=True)\ndef f(x): ...",
        "from tensorflow import function\n@function\ndef f(x): ...",
        "from tensorflow import function as graph\ng = graph(print)",
        "def g():\n    import tensorflow as tf\n    return tf.function(print)",
        "import tensorflow as tf\ntf.while_loop(a, b, c)",
        "import tensorflow as tf\ntf.map_fn(f, x)",
        "import tensorflow as tf\ntf.data.Dataset.range(3).map(f)",
        "import tensorflow as tf\nd = tf.data.Dataset.range(3)\nd = d.batch(2).filter(f)",
        "from tensorflow.data import Dataset\nDataset.range(3).map(f)",
        "from tensorflow import data\ndata.Dataset.from_generator(f)",
    ],
)
def test_what_autograph_converts(project: Project, text: str) -> None:
    assert read(project, text).converted


@pytest.mark.parametrize(
    "text",
    [
        "import tensorflow as tf\ng = tf.function(f, autograph=False)",
        "import tensorflow as tf\n@tf.function(autograph=False)\ndef f(x): ...",
        "import tensorflow as tf\nprint(tf.constant(1))",
        "pool.map(f, x)\nlist(filter(None, x))",
        "from functools import reduce\nimport tensorflow as tf\nreduce(f, x)",
        "from mine import function\n@function\ndef f(x): ...",
    ],
)
def test_what_autograph_leaves_alone(project: Project, text: str) -> None:
    assert read(project, text).converted == ()


def test_a_conversion_tells_line_and_name(project: Project) -> None:
    text = "import tensorflow as tf\n\n@tf.function\ndef f(x): ...\nd = tf.data.Dataset.range(3).map(f)\n"
    assert read(project, text).converted == ((3, "tensorflow.function"), (5, "a dataset's .map()"))


def test_is_standard() -> None:
    assert is_standard("os.path")
    assert not is_standard("numpy")


def test_what_is_imported_brings_the_packages_around_it(project: Project, footprint: MakeFootprint) -> None:
    application = project({"run.py": "def f():\n    import tkinter.messagebox\n"}, entry="run.py")
    loaded = footprint(modules=[("google.protobuf.message", "/x.py")])
    assert modules.imported(scan(application, ()), loaded, ["numpy.f2py"]) == {
        "numpy",
        "numpy.f2py",
        "tkinter",
        "tkinter.messagebox",
        "google",
        "google.protobuf",
        "google.protobuf.message",
    }


def test_a_star_import_counts_for_the_modules_in_the_package_s_list(
    project: Project, footprint: MakeFootprint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site" / "many").mkdir(parents=True)
    (tmp_path / "site" / "many" / "__init__.py").write_text("__all__ = ['one', 'two', 'no name']\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = scan(project({"run.py": "from many import *"}, entry="run.py"), ())
    assert modules.imported(found, footprint()) == {"many", "many.*", "many.one", "many.two"}


def test_an_own_module_hides_the_standard_library_s(project: Project, footprint: MakeFootprint) -> None:
    files = {"run.py": "import test\nimport turtle\n", "test.py": "from test import x\n"}
    assert modules.imported(scan(project(files, entry="run.py"), ()), footprint()) == {"turtle"}


def test_is_imported() -> None:
    assert is_imported(("a.b", "a.c*"), {"a.cd"})
    assert is_imported(("a.b",), {"a", "a.b"})
    assert not is_imported(("a.b",), {"a"})
    assert not is_imported((), {"a"})
