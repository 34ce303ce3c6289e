from __future__ import annotations

import pytest

from tf2exe import layout


@pytest.mark.parametrize(
    "module", ["lib/python/os.py", "lib/packages/a/__init__.py", "lib/packages/ü/b_1.py"]
)
def test_name_of_a_bytecode_archive_has_its_last_module(module: str) -> None:
    assert layout.last_module(layout.bytecode_archive(module)) == module


@pytest.mark.parametrize("path", ["lib/bytecode", "lib/packages/a.py", "assets/lib/bytecode/a"])
def test_other_files_are_not_bytecode_archives(path: str) -> None:
    assert layout.last_module(path) is None
