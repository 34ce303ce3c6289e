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
def plain(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    forwarder_setup.compile_library_and_program(compiler, folder, LIBRARY)
    return folder


@pytest.fixture(params=[(), (forwarder_setup.PART,)], ids=["forwarding", "excluded"])
def excluded(request: pytest.FixtureRequest) -> tuple[str, ...]:
    names: tuple[str, ...] = request.param
    return names


def test_it_has_the_same_functions_and_needs_what_windows_has(
    plain: Path,
    compiler: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    excluded: tuple[str, ...],
) -> None:
    contents = []
    for name in ("first", "second"):
        folder = forwarder_setup.copy_compiled(plain, tmp_path / name)
        forwarder = forwarder_setup.install_forwarder(compiler, folder, monkeypatch, excluded=excluded)
        made = folder / forwarder.destination
        real = [] if excluded else [f"{forwarder_setup.PART}.dll"]
        assert sorted(path.name for path in made.parent.iterdir()) == sorted(["caller.exe", LIBRARY, *real])
        contents.append(made.read_bytes())
    assert contents[0] == contents[1]
    with pefile.PE(data=contents[0]) as file:
        exported = {entry.name.decode() for entry in file.DIRECTORY_ENTRY_EXPORT.symbols}
    assert exported == set(forwarder_setup.read_exports(plain / forwarder_setup.FOLDER / LIBRARY).functions)
    assert {"many", "total", "dot"} <= exported
    binary = pe.read_file(made)
    assert binary is not None
    assert made.stat().st_size < 150_000
    assert {name for name in binary.needed if dlls.in_windows(name) is None} == set()


PLAIN = "__declspec(dllexport) int plain(void) { return 1; }\n"
VARIABLE = "__declspec(dllexport) int variable = 1;\n"
HANDED_ON = """
__asm__(".section .drectve, \\"yn\\"\\n.ascii \\" -export:again=kernel32.Sleep\\"\\n.text");
"""


@pytest.mark.parametrize(
    ("source", "real"),
    [(PLAIN, "thing.work.dll"), (PLAIN + VARIABLE, None), (PLAIN + HANDED_ON, None)],
    ids=["functions", "a variable", "a function of another library"],
)
def test_a_library_with_other_symbols_than_functions_stays_in_its_place(
    compiler: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, real: str | None
) -> None:
    forwarder_setup.compile_library(compiler, tmp_path, LIBRARY, source)
    found, left = forwarder_setup.select_forwarders(tmp_path, monkeypatch)
    assert [forwarder.real for forwarder in found] == ([f"{forwarder_setup.FOLDER}/{real}"] if real else [])
    assert [file.destination for file in left] == [f"{forwarder_setup.FOLDER}/{real or LIBRARY}"]
