"""Which libraries of a Windows build get a forwarder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import forwarder_setup

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = "libthing-0123abcd.dll"


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
