"""Forwarders for Windows, compiled here; tests/build/windows/test_forwarders.py runs some under Wine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pefile
import pytest

import forwarder_setup
from tf2exe.native import dlls, pe

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = "libthing-0123abcd.dll"


@pytest.fixture(scope="module")
def original(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    forwarder_setup.compile_library_and_program(compiler, folder, LIBRARY)
    return folder


@pytest.fixture(params=[(), (forwarder_setup.PART,)], ids=["forwarding", "excluded"])
def excluded(request: pytest.FixtureRequest) -> tuple[str, ...]:
    names: tuple[str, ...] = request.param
    return names


def test_forwarder_has_the_same_functions_and_needs_only_system_dlls(
    original: Path,
    compiler: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    excluded: tuple[str, ...],
) -> None:
    contents = []
    for name in ("first", "second"):
        folder = forwarder_setup.copy_compiled(original, tmp_path / name)
        forwarder = forwarder_setup.install_forwarder(compiler, folder, monkeypatch, excluded=excluded)
        forwarder_file = folder / forwarder.destination
        real = [] if excluded else [f"{forwarder_setup.PART}.dll"]
        assert sorted(path.name for path in forwarder_file.parent.iterdir()) == sorted(
            ["caller.exe", LIBRARY, *real]
        )
        contents.append(forwarder_file.read_bytes())
    assert contents[0] == contents[1]
    with pefile.PE(data=contents[0]) as file:
        exported = {entry.name.decode() for entry in file.DIRECTORY_ENTRY_EXPORT.symbols}
    assert exported == set(
        forwarder_setup.read_exports(original / forwarder_setup.FOLDER / LIBRARY).functions
    )
    assert {"many", "total", "dot"} <= exported
    binary = pe.read_file(forwarder_file)
    assert binary is not None
    assert forwarder_file.stat().st_size < 150_000
    assert {name for name in binary.needed if dlls.in_windows(name) is None} == set()
