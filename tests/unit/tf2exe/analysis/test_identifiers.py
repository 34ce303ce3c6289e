from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.analysis.identifiers import read_identifiers

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
def test_a_name_is_found_in_every_syntax(tmp_path: Path, source: str) -> None:
    (tmp_path / "run.py").write_text(f"def f():\n    {source}\n" if "*" not in source else source)
    assert "ssl" in read_identifiers(tmp_path / "run.py")


@pytest.mark.parametrize("source", ["", "# ssl", "import ssl2", "a.ssls", "'a ssl b'", "'s' + 'sl'"])
def test_a_name_is_not_found_in_other_text(tmp_path: Path, source: str) -> None:
    (tmp_path / "run.py").write_text(source)
    assert "ssl" not in read_identifiers(tmp_path / "run.py")
