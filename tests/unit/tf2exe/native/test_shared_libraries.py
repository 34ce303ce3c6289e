from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.native import shared_libraries

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="reads libraries that are compiled here"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """libtop needs libmiddle (found by $ORIGIN), which needs libbottom and the C library."""
    where = tmp_path_factory.mktemp("libraries")
    needs: dict[str, list[str]] = {
        "bottom": [],
        "middle": ["-L.", "-lbottom", "-Wl,-rpath,$ORIGIN"],
        "top": ["-L.", "-lmiddle", "-Wl,-rpath-link,.", "-Wl,-rpath,$ORIGIN/.:/nowhere"],
    }
    for name, flags in needs.items():
        (where / f"{name}.c").write_text(f'#include <stdio.h>\nvoid {name}(void) {{ puts("{name}"); }}\n')
        command = [
            "gcc",
            "-shared",
            "-fPIC",
            "-Wl,--no-as-needed",
            f"{name}.c",
            "-o",
            f"lib{name}.so",
            *flags,
        ]
        subprocess.run(command, cwd=where, check=True, timeout=60)
    return where


def test_what_an_elf_file_asks_for(folder: Path) -> None:
    needed = shared_libraries.read_needed(folder / "libtop.so")
    assert needed is not None
    assert {"libmiddle.so", "libc.so.6"} <= set(needed.libraries)
    assert needed.search_path == ("$ORIGIN/.", "/nowhere")


def test_other_files_ask_for_nothing(folder: Path, tmp_path: Path) -> None:
    assert shared_libraries.read_needed(folder / "top.c") is None
    (tmp_path / "damaged.so").write_bytes(b"\x7fELF" + b"\0" * 20)
    assert shared_libraries.read_needed(tmp_path / "damaged.so") is None
    assert shared_libraries.read_needed(tmp_path / "missing.so") is None


def test_a_file_that_was_rewritten_is_read_again(folder: Path, tmp_path: Path) -> None:
    """A build strips files in place, removes their RUNPATH, and reads them again."""
    file = tmp_path / "library.so"
    found = []
    for name in ("top", "bottom"):
        file.write_bytes((folder / f"lib{name}.so").read_bytes())
        needed = shared_libraries.read_needed(file)
        assert needed is not None
        found.append(("libmiddle.so" in needed.libraries, needed.search_path))
    assert found == [(True, ("$ORIGIN/.", "/nowhere")), (False, ())]


def test_libraries_are_found_through_each_other(folder: Path) -> None:
    found, missing = shared_libraries.find_system_libraries(
        [(folder / "libtop.so", "lib/packages/libtop.so")]
    )
    assert missing == ()
    assert [(x.name, x.path, x.reason) for x in found] == [
        ("libbottom.so", folder / "libbottom.so", "libmiddle.so needs it"),
        ("libmiddle.so", folder / "libmiddle.so", "lib/packages/libtop.so needs it"),
    ]


def test_what_is_carried_already_is_not_looked_for(folder: Path) -> None:
    files = [(folder / f"lib{name}.so", f"lib/packages/lib{name}.so") for name in ("top", "middle", "bottom")]
    assert shared_libraries.find_system_libraries(files) == ((), ())


def test_a_library_that_is_nowhere_is_told(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "libtop.so", tmp_path / "libtop.so")
    found, missing = shared_libraries.find_system_libraries(
        [(tmp_path / "libtop.so", "lib/packages/libtop.so")]
    )
    assert (found, missing) == ((), (("libmiddle.so", "lib/packages/libtop.so"),))


def test_the_newest_glibc_version_that_is_asked_for(folder: Path, tmp_path: Path) -> None:
    version = shared_libraries.minimum_glibc(folder.iterdir())
    assert version.startswith("2.")
    (tmp_path / "program").write_text("#!/bin/sh")
    assert shared_libraries.minimum_glibc(tmp_path.iterdir()) == ""


def test_the_interpreter_as_a_library() -> None:
    found = shared_libraries.libpython()
    assert found is not None
    path, shared = found
    assert path.is_file()
    assert (".so" in path.name) is shared
