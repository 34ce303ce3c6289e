"""The ELF reader, compared with what binutils read, on a library that is compiled here."""

from __future__ import annotations

import io
import random
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.native import elf
from tf2exe.native.elf import ElfError, ElfFile

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="reads libraries that are compiled here"
)

SOURCE = """
#include <math.h>
#include <stdio.h>
static void begin(void) __attribute__((constructor));
static void begin(void) { puts("begin"); }
int table[100];
double compute(double x) { return exp(x) + pow(x, 3); }
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elf")
    (folder / "library.c").write_text(SOURCE)
    command = ["gcc", "-O1", "-fPIC", "-shared", "-fno-builtin", "library.c", "-lm", "-o", "library.so"]
    options = ["-Wl,-rpath,$ORIGIN/lib:/elsewhere", "-Wl,--no-as-needed"]
    subprocess.run([*command, *options], cwd=folder, check=True, timeout=60)
    return folder / "library.so"


def lines(*command: str | Path) -> list[str]:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    return done.stdout.splitlines()


def test_headers(library: Path) -> None:
    with elf.opened(library) as file:
        assert (file.file_type, file.is_64_bit) == ("ET_DYN", True)
        assert file.architecture == lines("uname", "-m")[0]
        found = {section.name: section.size for section in file.sections if section.name}
        assert all(segment.alignment >= 4096 for segment in file.segments)
        assert {section.name for section in file.sections if section.is_code} >= {".text", ".plt"}
        assert [section.name for section in file.sections if not section.is_in_file] == [".bss"]
    form = re.compile(r"\s*\[\s*\d+\] (\S+)\s+\w+\s+[0-9a-f]+ [0-9a-f]+ ([0-9a-f]+) ")
    rows = [match for line in lines("readelf", "-SW", library) if (match := form.match(line))]
    assert found == {row[1]: int(row[2], 16) for row in rows}


def test_what_the_loader_reads(library: Path) -> None:
    with elf.opened(library) as file:
        assert {"libm.so.6", "libc.so.6"} <= set(file.needed)
        assert file.search_path == ("$ORIGIN/lib", "/elsewhere")
        assert (file.loader, file.constructors >= 1) == ("", True)
    with elf.opened(library.parent / "library.so") as file:
        assert file.loader == ""


def test_symbols_and_their_versions(library: Path) -> None:
    with elf.opened(library) as file:
        names, versions = file.symbol_names(), file.required_versions()
        assert set(file.version_names()) == {version.version for version in versions}
    found = {f"{symbol.name}@{version.version}" for version in versions for symbol in version.symbols}
    listed = [line.split()[-1] for line in lines("nm", "-D", "--with-symbol-versions", library)]
    assert found == {name for name in listed if "@" in name}
    assert names - {b""} == {name.partition("@")[0].encode() for name in listed}
    with library.open("rb") as stream:
        assert elf.read_symbol_names(stream, defined=True) == {"table", "compute"}
    with library.open("rb") as stream:
        assert {"exp", "pow", "puts"} <= elf.read_symbol_names(stream, defined=False)


def test_other_files_are_refused(tmp_path: Path) -> None:
    for number, content in enumerate((b"", b"text", b"\x7fELF", b"\x7fELF" + bytes(60), b"MZ" + bytes(300))):
        path = tmp_path / str(number)
        path.write_bytes(content)
        with pytest.raises(ElfError), elf.opened(path):
            pass
        assert elf.all_symbol_names(path) == set()


def test_damaged_files_raise_one_error_and_nothing_else(library: Path) -> None:
    """Flipped bytes in headers and tables, and files that are cut off."""
    whole, chance = library.read_bytes(), random.Random(3)  # noqa: S311
    cases = [whole[:size] for size in range(0, len(whole), 199)]
    for _ in range(1500):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 5)):
            place = chance.choice([chance.randrange(64), chance.randrange(4096), -chance.randrange(1, 2500)])
            content[place] = chance.randrange(256)
        cases.append(bytes(content))
    refused = 0
    for case in cases:
        try:
            file = ElfFile(io.BytesIO(case))
            for read in (file.symbol_names, file.version_names, file.required_versions):
                read()
            _ = (file.needed, file.search_path, file.loader, file.constructors, file.segments)
        except ElfError:
            refused += 1
    assert 100 < refused < len(cases)
