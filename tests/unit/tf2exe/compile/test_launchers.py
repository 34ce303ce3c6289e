"""The launcher of the interpreter, compiled with this machine's compiler."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from elftools.elf.elffile import ELFFile

from tf2exe.compile import compilers, launchers

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads ELF files")


def exported(path: Path) -> set[str]:
    with path.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".dynsym").iter_symbols()
        return {
            symbol.name
            for symbol in symbols
            if symbol["st_shndx"] != "SHN_UNDEF" and symbol["st_other"]["visibility"] == "STV_DEFAULT"
        }


@pytest.mark.parametrize("quick_exit", [False, True])
def test_no_library_can_find_a_function_of_the_launcher(tmp_path: Path, *, quick_exit: bool) -> None:
    """Its names are plain (`root`, `read_file`): a library's own must not give way to them."""
    program = tmp_path / "program"
    library = launchers.build_interpreter(
        compilers.select_compiler("auto"),
        program,
        preload=(),
        resources=None,
        debug=False,
        console=True,
        quick_exit=quick_exit,
        log=tmp_path / "log",
    )
    ours = {"root", "executable", "read_file", "find_entry", "run_main"}
    assert not ours & exported(program)
    assert "readlink" in exported(program)
    assert library is not None
    assert exported(library) == {"tf2exe_main"}
