"""What an executable is and needs, read from small folders that are compiled and packed here."""

from __future__ import annotations

import json
import lzma
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tf2exe import layout
from tf2exe.__main__ import main
from tf2exe.errors import InspectionError
from tf2exe.native import shared_libraries
from tf2exe.onefile import codec
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.pack import pack_onefile
from tf2exe.report.inspect import Inspection, inspect_executable

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="reads executables that are compiled here"
)

MANY = "".join(f"int f{number}(int x) {{ return x + {number}; }}\n" for number in range(400))
PROGRAM = """
#include <math.h>
#include <stdio.h>
#include <time.h>
int f7(int);
int main(int argc, char **argv)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return printf("%g %d\\n", fmod(argc, 2.5), f7(argc)) < 0 || argv == NULL;
}
"""


def gcc(folder: Path, *arguments: str) -> None:
    subprocess.run(["gcc", *arguments], cwd=folder, check=True, timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`program` needs libmany.so, which lies in lib/, libm and libc."""
    sources = tmp_path_factory.mktemp("sources")
    (sources / "many.c").write_text(MANY)
    (sources / "program.c").write_text(PROGRAM)
    where = tmp_path_factory.mktemp("inspected") / "program"
    (where / "lib" / "tf2exe").mkdir(parents=True)
    (where / layout.BUILD_INFO).write_text(json.dumps({"format": 1, "name": "program", "sourceless": []}))
    (where / "data.bin").write_bytes(random.Random(1).randbytes(100_000))  # noqa: S311 - not for secrets
    (where / "damaged.so").write_bytes(b"\x7fELF" + bytes(50))
    gcc(
        sources,
        "-shared",
        "-fPIC",
        "-Wl,-soname,libmany.so",
        "many.c",
        "-o",
        str(where / "lib" / "libmany.so"),
    )
    library = str(where / "lib" / "libmany.so")
    gcc(sources, "-fno-builtin", "program.c", library, "-lm", "-o", str(where / "program"))
    return where


@pytest.fixture(scope="module")
def single(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed(folder, tmp_path_factory.mktemp("single") / "renamed")


def packed(folder: Path, output: Path) -> Path:
    pack_onefile(
        folder,
        start="program",
        launcher=folder / "program",
        output=output,
        compressor=ChunkCompressor(10, 1, None),
        on_progress=lambda _done, _total: None,
    )
    return output


def needs(found: Inspection) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(library.name, library.version, library.symbols) for library in found.libraries]


def test_a_folder(folder: Path) -> None:
    found = inspect_executable(folder)
    assert (found.name, found.mode, found.system) == ("program", "standalone", "linux")
    assert found.architecture == os.uname().machine
    assert Path(found.loader).name.startswith("ld-linux")
    assert (
        found.size
        == found.unpacked
        == sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    )
    assert (found.files, found.native, found.identity, found.missing) == (5, 2, "", ())
    assert found.minimum_version == shared_libraries.minimum_glibc(
        [folder / "program", folder / "lib" / "libmany.so"]
    )
    by_name = {library.name: library for library in found.libraries}
    assert {"libc.so.6", "libm.so.6"} <= set(by_name)
    assert "libmany.so" not in by_name
    assert by_name["libm.so.6"].file == "program"
    assert "fmod" in by_name["libm.so.6"].symbols
    assert by_name["libc.so.6"].version == found.minimum_version


def test_the_program_in_a_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder / "program")
    assert (
        needs(inspect_executable(folder / "program"))
        == needs(inspect_executable(tmp_path / "link"))
        == needs(inspect_executable(folder))
    )


def test_a_onefile_needs_what_its_folder_needs(folder: Path, single: Path) -> None:
    found = inspect_executable(single)
    assert needs(found) == needs(inspect_executable(folder))
    assert (found.name, found.mode, found.files, found.native) == ("program", "onefile", 6, 3)
    assert found.size == single.stat().st_size
    assert len(found.identity) == 32
    assert found.unpacked == inspect_executable(folder).size + (folder / "program").stat().st_size


def test_what_is_missing_is_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(folder, tmp_path / "program")
    (tmp_path / "program" / "lib" / "libmany.so").unlink()
    for place in (tmp_path / "program", packed(tmp_path / "program", tmp_path / "single")):
        assert main(["inspect", str(place)]) == 1
        assert "missing: libmany.so, required by " in capsys.readouterr().out
        (missing,) = inspect_executable(place).missing
        assert (missing.name, missing.reason) == ("libmany.so", "")


def test_as_a_table(single: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(single)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert f"needs  glibc {inspect_executable(single).minimum_version} or newer" in said.out
    assert "libm.so.6" in said.out
    assert said.out.endswith("no library is missing\n")


def test_as_json(single: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(single), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == 2
    assert set(document) == {"format", *Inspection.__dataclass_fields__}
    assert document["minimum_version"] == inspect_executable(single).minimum_version
    for library in document["libraries"]:
        assert set(library) == {"name", "reason", "version", "file", "symbols", "files"}


@pytest.mark.parametrize("what", ["missing", "text", "empty", "a folder", "a program"])
def test_what_is_no_executable_of_ours(tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "what"
    if what in {"text", "empty"}:
        place.write_text("text" * (what == "text"))
    elif what == "a folder":
        place.mkdir()
    elif what == "a program":
        place = Path(shutil.which("true") or "/bin/true").resolve()
    assert main(["inspect", str(place)]) == InspectionError.exit_code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith(f"tf2exe: {place} ")


def test_a_folder_without_its_program(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "program")
    (tmp_path / "program" / "program").unlink()
    with pytest.raises(InspectionError, match="program is missing"):
        inspect_executable(tmp_path / "program")
    (tmp_path / "program" / "program").write_text("#!/bin/sh")
    with pytest.raises(InspectionError, match="program is not a program"):
        inspect_executable(tmp_path / "program")
    (tmp_path / "program" / layout.BUILD_INFO).write_text("{}")
    with pytest.raises(InspectionError, match="damaged"):
        inspect_executable(tmp_path / "program")


def test_flipped_bytes_are_noticed(single: Path, tmp_path: Path) -> None:
    """Anywhere: launcher, parts, table of contents, footer. A broken mark at the end makes it no onefile."""
    whole, place = single.read_bytes(), tmp_path / "damaged"
    for position in [*range(0, len(whole), len(whole) // 150), *range(len(whole) - 80, len(whole))]:
        changed = bytearray(whole)
        changed[position] ^= 0x10
        place.write_bytes(changed)
        with pytest.raises(InspectionError):
            inspect_executable(place)


def test_cut_off_files_are_noticed(single: Path, tmp_path: Path) -> None:
    whole, place = single.read_bytes(), tmp_path / "cut"
    for size in range(0, len(whole), len(whole) // 60):
        place.write_bytes(whole[:size])
        with pytest.raises(InspectionError):
            inspect_executable(place)


def test_a_onefile_of_an_older_version_is_not_called_damaged(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Levels above 10 were LZMA."""
    monkeypatch.setattr(codec, "compress", lambda data, _level: b"\x5d" + lzma.compress(data))
    single = packed(folder, tmp_path / "single")
    with pytest.raises(InspectionError, match="in another format; use the version of tf2exe that built it"):
        inspect_executable(single)
