"""Copies of Nuitka's headers in which what a program does not call is static."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import nuitka
import pytest

from tf2exe.compile.runtime_trimming import HEADER_FOLDER, write_trimmed_headers

BUILD = Path(nuitka.__file__).parent / "build"

PROTOTYPES = """
#ifndef __NUITKA_PRELUDE_H__
#define __NUITKA_PRELUDE_H__
#include "nuitka/helper/calls.h"
extern int BINARY_OPERATION_SUB_LONG_LONG(int number);
extern int RICH_COMPARE_EQ_LONG_LONG(int number,
                      int other);
extern int RICH_COMPARE_GT_LONG_LONG(int number);
extern int RICH_COMPARE_LT_LONG_LONG(int number);
static inline int doubled(int number) { return 2 * RICH_COMPARE_LT_LONG_LONG(number); }
#endif
"""
CALLS = """
#ifndef __NUITKA_CALLS_H__
#define __NUITKA_CALLS_H__
extern int *BINARY_OPERATION_ADD_OBJECT_LONG(int number);
#endif
"""
DEFINITIONS = """
#include "nuitka/prelude.h"
static int place;
int *BINARY_OPERATION_ADD_OBJECT_LONG(int number) {
    place = number;
    return &place;
}
int BINARY_OPERATION_SUB_LONG_LONG(int number) {
    return *BINARY_OPERATION_ADD_OBJECT_LONG(number);
}
int RICH_COMPARE_LT_LONG_LONG(int number) {
    return number + 1;
}
int RICH_COMPARE_EQ_LONG_LONG(int number, int other) {
    return number + other;
}
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library like Nuitka's, of a screenful."""
    for name, text in {
        "include/nuitka/prelude.h": PROTOTYPES,
        "include/nuitka/helper/calls.h": CALLS,
        "static_src/calls.c": DEFINITIONS,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="ascii")
    return tmp_path


def test_only_what_no_other_file_names_becomes_static(library: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "module.c").write_text(
        "int main(void) { return BINARY_OPERATION_SUB_LONG_LONG(doubled(1)); }", encoding="ascii"
    )
    assert write_trimmed_headers(library, sources) == {
        "RICH_COMPARE_EQ_LONG_LONG",
        "BINARY_OPERATION_ADD_OBJECT_LONG",
    }
    prelude = (sources / HEADER_FOLDER / "nuitka" / "prelude.h").read_text(encoding="ascii")
    assert "\nextern int BINARY_OPERATION_SUB_LONG_LONG(int number);" in prelude
    assert "\nstatic int RICH_COMPARE_EQ_LONG_LONG(int number,\n" in prelude
    assert "\nextern int RICH_COMPARE_GT_LONG_LONG(int number);" in prelude  # the library does not define it
    # Whoever calls `doubled` calls it.
    assert "\nextern int RICH_COMPARE_LT_LONG_LONG(int number);" in prelude
    assert '#include "helper/calls.h"' in prelude
    assert (library / "include" / "nuitka" / "prelude.h").read_text(encoding="ascii") == PROTOTYPES


@pytest.mark.skipif(not shutil.which("gcc"), reason="compiles")
def test_what_is_static_is_left_out_and_the_rest_is_found(library: Path, tmp_path: Path) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    text = (
        '#include "nuitka/prelude.h"\nint main(void) { return BINARY_OPERATION_SUB_LONG_LONG(doubled(1)); }\n'
    )
    (sources / "module.c").write_text(text, encoding="ascii")
    write_trimmed_headers(library, sources)
    whole = f'#include "{HEADER_FOLDER}/nuitka/prelude.h"\n#include "calls.c"\n'
    (sources / "library.c").write_text(whole, encoding="ascii")
    options = ["-O1", "-I", str(library / "static_src"), "-I", str(library / "include")]
    command = ["gcc", "-Wall", "-Werror", "-Wno-unused-function", *options, "library.c", "module.c"]
    subprocess.run([*command, "-o", "program"], cwd=sources, check=True, timeout=60)
    assert subprocess.run([sources / "program"], timeout=60, check=False).returncode == 4
    symbols = subprocess.run(
        ["nm", sources / "program"], check=True, timeout=60, capture_output=True, text=True
    )
    assert "RICH_COMPARE_LT_LONG_LONG" in symbols.stdout
    assert "RICH_COMPARE_EQ_LONG_LONG" not in symbols.stdout


def test_most_of_nuitkas_own_library_is_left_out_of_a_small_program(tmp_path: Path) -> None:
    add = "BINARY_OPERATION_ADD_OBJECT_OBJECT_OBJECT"
    (tmp_path / "module.c").write_text(f"PyObject *sum = {add}(a, b);", encoding="ascii")
    left_out = write_trimmed_headers(BUILD, tmp_path)
    assert add not in left_out
    assert "BINARY_OPERATION_ADD_OBJECT_LONG_LONG" in left_out
    assert "BINARY_OPERATION_SUB_OBJECT_OBJECT_OBJECT" not in left_out  # any program may call it
    assert "MAKE_LIST1" not in left_out
    assert len(left_out) > 500
    assert not {name for name in left_out if name.startswith(("Py", "_Py"))}  # those are Python's
    originals = {path.relative_to(BUILD / "include") for path in (BUILD / "include").rglob("*.h")}
    assert {
        path.relative_to(tmp_path / HEADER_FOLDER) for path in (tmp_path / HEADER_FOLDER).rglob("*.h")
    } == originals
