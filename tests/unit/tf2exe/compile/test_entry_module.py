from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.modules import Module
from tf2exe.compile.entry_module import main_module_source
from tf2exe.plan.module_placement import ModulePlacement

if TYPE_CHECKING:
    from pathlib import Path


def rewritten(text: str | bytes, tmp_path: Path, package: str = "app") -> bytes:
    path = tmp_path / "__main__.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    module = Module("__main__", path, is_package=False, imports=(), autograph_uses=())
    return main_module_source(ModulePlacement(module, compiled=True, with_source=False, reason=""), package)


@pytest.mark.parametrize(
    ("package", "written", "expected"),
    [
        ("app", "from .core import run", "from app.core import run"),
        ("app", "from . import core", "from app import core"),
        ("app.tools", "from .core import run", "from app.tools.core import run"),
        ("app.tools", "from ..core import run", "from app.core import run"),
        ("app.tools", "from .. import core", "from app import core"),
        ("app", "from  .core  import run", "from app.core import run"),
        ("app", "from . core import run", "from app.core import run"),
        ("app", "from .import core", "from app import core"),
        ("app", "from.core import run", "from app.core import run"),
        ("app", "from .a import b; from .ab import c", "from app.a import b; from app.ab import c"),
        ("app", "from .ab import c; from .a import b", "from app.ab import c; from app.a import b"),
        (
            "app",
            "from .core import (  # from .core import\n    run,\n)",
            "from app.core import (  # from .core import\n    run,\n)",
        ),
        ("app", "def f():\n    from .core import run", "def f():\n    from app.core import run"),
        ("app", "if x: from .core import run", "if x: from app.core import run"),
        ("app", "import app.core", "import app.core"),
        ("app", "x = 'from .core import run'", "x = 'from .core import run'"),
        ("app", "x = 'from .core'; from .core import run", "x = 'from .core'; from app.core import run"),
        ("app", "'ä€'; from .core import run", "'ä€'; from app.core import run"),
        ("app", "from .core import \\\n    run", "from app.core import \\\n    run"),
        ("app", "from .importer import run", "from app.importer import run"),
        ("", "from core import run", "from core import run"),
    ],
)
def test_relative_imports_become_absolute(tmp_path: Path, package: str, written: str, expected: str) -> None:
    text = rewritten(f"'''doc'''\n{written}\nlast = 1\n", tmp_path, package).decode()
    assert text == f"'''doc'''\n{expected}\nlast = 1\n"
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.level]


def test_line_numbers_stay(tmp_path: Path) -> None:
    text = (
        b"from .core import (\r\n    run,\r\n)\r\n\r\n\x0c\r\nfrom .more import x  # \xc3\xa4\r\nraise x\r\n"
    )
    changed = rewritten(text, tmp_path)
    before, after = (
        [(type(node), node.lineno) for node in ast.parse(source).body] for source in (text, changed)
    )
    assert before == after
    assert changed.count(b"\n") == text.count(b"\n")


def test_a_script_stays_as_it_is(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfprint('\xc3\xa4')\r\n"
    assert rewritten(text, tmp_path, "") == text
