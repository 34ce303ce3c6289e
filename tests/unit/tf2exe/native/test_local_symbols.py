"""Private symbols of real libraries become local; the libraries are then loaded and called."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.native import elf, local_symbols
from tf2exe.native.elf_image import ElfImage

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="makes and loads Linux libraries"
)

# Names as C++ would mangle them: a function that is asked for, private ones, data, and a thread's own data.
LIBRARY = """
#include <stdlib.h>
int _Z6sharedv(void) { return 7; }
int _Z5firstv(void) { return 1; }
int _Z6secondv(void) { return _Z5firstv() + abs(-1); }
int (*_Z5tablev[])(void) = {_Z5firstv, _Z6secondv};
int _Z4datav[3] = {10, 20, 30};
int *_Z6insidev = &_Z4datav[2];
__thread int _Z6threadv = 5;
__attribute__((weak)) int _Z4weakv(void) { return 100; }
int plain(void) { return 1000; }
long _Z3allv(void)
{
    return _Z6sharedv() + _Z5tablev[0]() + _Z5tablev[1]() + *_Z6insidev + _Z6threadv + _Z4weakv() + plain()
           + labs(-10000);
}
long answer(void) { return _Z3allv(); }
"""
ASKER = (
    "int _Z6sharedv(void); long answer(void); long ask(void) { return _Z6sharedv() * 100000L + answer(); }"
)
PROGRAM = '#include <stdio.h>\nlong ask(void); int main(void) { printf("%ld\\n", ask()); return 0; }'
ANSWER = "711145\n"


def build(folder: Path, *options: str) -> Path:
    for name, text in (("library", LIBRARY), ("asker", ASKER), ("program", PROGRAM)):
        (folder / f"{name}.c").write_text(text)
    common = ["gcc", "-O1", "-fPIC", f"-L{folder}", "-Wl,-rpath,$ORIGIN", "-Wl,--hash-style=gnu"]
    made = folder / "liblibrary.so"
    commands: list[list[str | Path]] = [
        [*common, "-shared", *options, folder / "library.c", "-o", made],
        [*common, "-shared", folder / "asker.c", "-llibrary", "-o", folder / "libasker.so"],
        [*common, folder / "program.c", "-lasker", "-o", folder / "program"],
    ]
    for command in commands:
        subprocess.run(command, check=True)
    subprocess.run(["strip", "--strip-unneeded", made], check=True)
    return made


def run(folder: Path, **environment: str) -> str:
    return subprocess.run([folder / "program"], env=environment, check=True, stdout=-1, text=True).stdout


def settled(library: Path, folder: Path) -> dict[Path, int]:
    others = [elf.all_symbol_names(folder / "libasker.so"), elf.all_symbol_names(folder / "program")]
    return local_symbols.localize([library], others)


@pytest.mark.promise("symbols", "A library with local symbols behaves as before, whichever linker made it.")
@pytest.mark.parametrize(
    "options",
    [(), ("-Wl,-z,now",), ("-Wl,-z,lazy",), ("-fcf-protection=full", "-Wl,-z,ibtplt"), ("-Wl,-z,norelro",)],
    ids=lambda options: " ".join(options) or "usual",
)
def test_it_answers_as_before(tmp_path: Path, options: tuple[str, ...]) -> None:
    library = build(tmp_path, *options)
    assert run(tmp_path) == ANSWER
    before = elf.all_symbol_names(library)
    assert settled(library, tmp_path)[library] == 7
    left = elf.all_symbol_names(library)
    assert before - left == {
        b"_Z5firstv", b"_Z6secondv", b"_Z5tablev", b"_Z4datav", b"_Z6insidev", b"_Z4weakv", b"_Z3allv",
    }  # fmt: skip
    assert run(tmp_path) == ANSWER
    assert run(tmp_path, LD_BIND_NOW="1") == ANSWER


@pytest.mark.promise("symbols", "A symbol that another native file defines is still looked up.")
def test_every_name_that_stays_is_found(tmp_path: Path) -> None:
    library = build(tmp_path)
    settled(library, tmp_path)
    code = "import ctypes, sys; lib = ctypes.CDLL(sys.argv[1]); [getattr(lib, name) for name in sys.argv[2:]]"
    defined = [name.decode() for name, _, _, section, _, _ in ElfImage(library).symbols() if section and name]
    assert {"_Z6sharedv", "plain", "answer", "_Z6threadv"} <= set(defined)
    subprocess.run([sys.executable, "-c", code, library, *defined], check=True)
    gone = subprocess.run([sys.executable, "-c", code, library, "_Z5firstv"], check=False, stderr=-1)
    assert b"undefined symbol" in gone.stderr


def test_other_tools_read_the_result(tmp_path: Path) -> None:
    library = build(tmp_path)
    settled(library, tmp_path)
    for command in (["readelf", "-aW"], ["objdump", "-T", "-R"], ["nm", "-D"]):
        done = subprocess.run([*command, library], check=True, stdout=-1, stderr=-1, text=True)
        assert not done.stderr
        assert "_Z6sharedv" in done.stdout
        assert "_Z5firstv" not in done.stdout
    subprocess.run(["strip", "--strip-unneeded", library], check=True)
    assert run(tmp_path) == ANSWER


@pytest.mark.promise("symbols", "A symbol that another native file defines is still looked up.")
def test_a_name_that_another_file_has_is_still_looked_up(tmp_path: Path) -> None:
    """The other file may come first, and then it is meant, as C++ wants of inline functions."""
    library = build(tmp_path)
    (tmp_path / "first.c").write_text("int _Z5firstv(void) { return 50; }")
    first = tmp_path / "libfirst.so"
    subprocess.run(["gcc", "-shared", "-fPIC", tmp_path / "first.c", "-o", first], check=True)
    names = [elf.all_symbol_names(tmp_path / name) for name in ("libasker.so", "program", "libfirst.so")]
    assert local_symbols.localize([library], names)[library] == 6
    assert run(tmp_path, LD_PRELOAD=str(first)) == "711243\n"
    assert run(tmp_path) == ANSWER


@pytest.mark.promise("symbols", "Corrupt files and files that are not libraries are left unchanged.")
@pytest.mark.parametrize("options", [("-Wl,--hash-style=sysv",), ("-Wl,--hash-style=both",), ("-nostdlib",)])
def test_tables_of_another_kind_stay_as_they_are(tmp_path: Path, options: tuple[str, ...]) -> None:
    library = build(tmp_path, *options)
    before = library.read_bytes()
    assert settled(library, tmp_path) == {}
    assert library.read_bytes() == before


@pytest.mark.promise("symbols", "Corrupt files and files that are not libraries are left unchanged.")
def test_what_is_no_library_stays_as_it_is(tmp_path: Path) -> None:
    whole = build(tmp_path).read_bytes()
    for number, content in enumerate((b"", b"text", whole[:100], whole[:-200], b"\x7fELF" + bytes(500))):
        path = tmp_path / str(number)
        path.write_bytes(content)
        local_symbols.localize([path], [])
        assert path.read_bytes() == content


def test_names_are_read_without_sections(tmp_path: Path) -> None:
    """The loader needs none, and some tools remove them."""
    library = build(tmp_path)
    before = elf.all_symbol_names(library)
    content = bytearray(library.read_bytes())
    content[40:48] = bytes(8)  # e_shoff
    content[58:64] = bytes(6)  # their size, number, and where their names are
    library.write_bytes(content)
    assert run(tmp_path) == ANSWER
    assert elf.all_symbol_names(library) >= before - {b""} >= {b"plain"}


def test_damaged_libraries_are_refused_without_a_crash(tmp_path: Path) -> None:
    whole, chance = build(tmp_path).read_bytes(), random.Random(4)  # noqa: S311
    path = tmp_path / "damaged.so"
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(3):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        local_symbols.localize([path], [])
        assert path.stat().st_size == len(whole)
