"""Modules' C files, joined so that they compile and link as they did apart."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tf2exe.compile.unity_build import MAX_SIZE, join_modules

if TYPE_CHECKING:
    from pathlib import Path

MODULE = """
#include "nuitka/prelude.h"
#include "nuitka/unfreezing.h"
#include "__helpers.h"

static struct ModuleConstants {
    int number;
    const char *only%(number)d;
} mod_consts;
static int mod_consts_hash[%(number)d];
NUITKA_MAY_BE_UNUSED static int next_version(void)
{
    static int version = %(number)d;
    return version++;
}
static int *module_accessor$%(name)s$__name__(void) { return &mod_consts_hash[0]; }
static const char *const table[] = {"%(name)s"};
struct locals_%(name)s {
    int count;
} NUITKA_MAY_ALIAS;
int module_%(name)s(void) {
    mod_consts.number = next_version();
    *module_accessor$%(name)s$__name__() += table[0] != 0;
    return mod_consts.number + mod_consts_hash[0];
}
"""


def written(folder: Path, count: int) -> list[str]:
    """The names of `count` modules, whose C files are in the folder."""
    (folder / "nuitka").mkdir()
    (folder / "nuitka" / "prelude.h").write_text(
        "#ifndef PRELUDE\n#define PRELUDE\n#define NUITKA_MAY_BE_UNUSED __attribute__((unused))\n"
        "#define NUITKA_MAY_ALIAS __attribute__((__may_alias__))\n#endif\n"
    )
    (folder / "nuitka" / "unfreezing.h").touch()
    (folder / "__helpers.h").touch()
    names = [f"part_{number}" for number in range(1, count + 1)]
    for number, name in enumerate(names, 1):
        (folder / f"module.{name}.c").write_text(MODULE % {"name": name, "number": number})
    return names


def units(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("unit.*.c")}


@pytest.mark.skipif(not shutil.which("gcc"), reason="compiles")
def test_joined_modules_keep_their_own_constants_and_functions(tmp_path: Path) -> None:
    names = written(tmp_path, 20)
    calls = " + ".join(f"(module_{name}() == {number} + 1)" for number, name in enumerate(names, 1))
    declared = "".join(f"extern int module_{name}(void);\n" for name in names)
    (tmp_path / "main.c").write_text(f"{declared}int main(void) {{ return {calls}; }}\n")
    join_modules(tmp_path)
    sources = sorted(path.name for path in tmp_path.glob("*.c"))
    assert 3 <= len(sources) <= 9  # 20 modules in four units, and main
    command = ["gcc", "-std=c11", "-Wall", "-Werror", "-I.", *sources, "-o", "program"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    assert subprocess.run([tmp_path / "program"], timeout=60, check=False).returncode == len(names)


def test_a_module_that_grows_stays_in_its_unit_and_alters_no_other(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
        written(folder, 20)
    (after / "module.part_7.c").write_text(
        (after / "module.part_7.c").read_text() + "static int more;\n" * 1000
    )
    join_modules(before)
    join_modules(after)
    assert units(before) == units(after)


def test_large_modules_and_single_ones_stay_units_of_their_own(tmp_path: Path) -> None:
    written(tmp_path, 2)
    (tmp_path / "module.large.c").write_text("/**/\n" * (MAX_SIZE // 5))
    join_modules(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.c")) == ["module.large.c", "unit.0.c"]
    only = tmp_path / "only"
    only.mkdir()
    written(only, 1)
    join_modules(only)
    assert [path.name for path in only.glob("*.c")] == ["module.part_1.c"]
