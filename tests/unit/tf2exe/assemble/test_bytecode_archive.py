"""Many modules' bytecode in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tf2exe import layout
from tf2exe.assemble import bytecode_archive
from tf2exe.assemble.bytecode import HEADER_SIZE

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HEADER = bytes(HEADER_SIZE)


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / layout.BYTECODE).iterdir()}


def test_each_package_has_its_own(tmp_path: Path) -> None:
    owners = {"lib/packages/a/x.py": "a", "lib/packages/b.py": "b", "lib/packages/a/y.py": "a"}
    bytecode = {path: HEADER + path.encode() for path in owners}
    stored = bytecode_archive.write_archives(tmp_path, bytecode, owners)
    assert written(tmp_path) == {
        "packages.a.y": b"lib/packages/a/x.pylib/packages/a/y.py",
        "packages.b": b"lib/packages/b.py",
    }
    assert stored["lib/packages/a/y.py"] == bytecode_archive.CodeLocation("lib/bytecode/packages.a.y", 19, 19)


def test_a_large_package_has_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytecode_archive, "ARCHIVE_BYTES", 60)
    bytecode = {f"lib/packages/a/{number}.py": HEADER + bytes([number]) * 20 for number in range(5)}
    stored = bytecode_archive.write_archives(tmp_path, bytecode, dict.fromkeys(bytecode, "a"))
    assert {name: len(content) for name, content in written(tmp_path).items()} == {
        "packages.a.1": 40,
        "packages.a.3": 40,
        "packages.a.4": 20,
    }
    for path, place in stored.items():
        content = (tmp_path / place.archive).read_bytes()
        assert content[place.offset : place.offset + place.size] == bytecode[path][HEADER_SIZE:]
