from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.scopes import mentions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "source",
    [
        "import ssl",
        "import ssl as tls",
        "import a.ssl.b",
        "from ssl import *",
        "from a import ssl",
        "from a.ssl import b",
        "a.ssl.b()",
        "ssl = 1",
        "import_module('ssl')",
        "load('a.ssl.b')",
    ],
)
def test_a_name_is_found_wherever_it_is_written(tmp_path: Path, source: str) -> None:
    (tmp_path / "run.py").write_text(f"def f():\n    {source}\n" if "*" not in source else source)
    assert mentions(tmp_path / "run.py", frozenset({"ssl", "nothing"}))


@pytest.mark.parametrize("source", ["", "# ssl", "import ssl2", "a.ssls", "'a ssl b'", "'s' + 'sl'"])
def test_other_names_are_not_it(tmp_path: Path, source: str) -> None:
    (tmp_path / "run.py").write_text(source)
    assert not mentions(tmp_path / "run.py", frozenset({"ssl"}))
