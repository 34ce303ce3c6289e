from __future__ import annotations

import ast

import pytest

from tf2exe.analysis.import_statements import Import, SourceFacts, absolute_module, read_source_facts


def read(text: str, module: str = "__main__", package: str = "") -> SourceFacts:
    return read_source_facts(ast.parse(text), module, package)


def imported(text: str, module: str = "__main__", package: str = "") -> set[str]:
    return {item.module for item in read(text, module, package).imports}


def test_every_form_of_import() -> None:
    text = (
        "import a.b, c as d\n"
        "from e import f\n"
        "def g():\n"
        "    import inside\n"
        "    if True:\n"
        "        from deep import er\n"
        "try:\n    import tried\nexcept ImportError:\n    import instead\n"
    )
    assert imported(text) == {"a.b", "c", "e", "e.f", "inside", "deep", "deep.er", "tried", "instead"}
    assert Import("inside", "__main__", 4) in read(text).imports


@pytest.mark.parametrize(
    ("text", "unconditional"),
    [
        ("import a", True),
        ("from a import b", True),
        ("if x:\n    import a", False),
        ("try:\n    import a\nexcept ImportError:\n    pass", False),
        ("def f():\n    import a", False),
        ("class A:\n    from a import b", False),
    ],
)
def test_only_statements_of_the_module_itself_are_unconditional(text: str, *, unconditional: bool) -> None:
    assert {item.unconditional for item in read(text).imports} == {unconditional}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import importlib\nimportlib.import_module('x.y')", "x.y"),
        ("from importlib import import_module as load\nload('x.y')", "x.y"),
        ("import importlib as i\ndef f():\n    return i.import_module('x.y')", "x.y"),
        ("__import__('x.y')", "x.y"),
    ],
)
def test_calls_that_import_a_constant_name(text: str, expected: str) -> None:
    assert expected in imported(text)


@pytest.mark.parametrize(
    "call", ["importlib.import_module(sys.argv[1])", "importlib.import_module('.y', 'x')", "print('x.y')"]
)
def test_other_names_are_not_guessed(call: str) -> None:
    assert imported(f"import importlib, sys\n{call}") == {"importlib", "sys"}


def test_relative_imports_are_absolute_names() -> None:
    text = "from ..sibling import x\nfrom .. import sibling\nimport json\n"
    assert imported(text, "package.deeper.leaf", "package.deeper") == {
        "package.sibling",
        "package.sibling.x",
        "package",
        "json",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from a.b import c", "a.b"),
        ("from . import c", "p.q"),
        ("from .a import c", "p.q.a"),
        ("from .. import c", "p"),
        ("from ..a.b import c", "p.a.b"),
    ],
)
def test_absolute_module(text: str, expected: str) -> None:
    (statement,) = ast.parse(text).body
    assert isinstance(statement, ast.ImportFrom)
    assert absolute_module(statement, "p.q") == expected


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
def test_uses_of_autograph(text: str) -> None:
    assert read(text).autograph_uses


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
def test_code_without_autograph(text: str) -> None:
    assert read(text).autograph_uses == ()


def test_a_use_of_autograph_has_line_and_name() -> None:
    text = "import tensorflow as tf\n\n@tf.function\ndef f(x): ...\nd = tf.data.Dataset.range(3).map(f)\n"
    assert read(text).autograph_uses == ((3, "tensorflow.function"), (5, "a dataset's .map()"))
