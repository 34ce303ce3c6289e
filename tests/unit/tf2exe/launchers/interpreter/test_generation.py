"""The count of generations, compiled into a small program with a fixed path and process ID."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.launchers import sources

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="compiles for Linux with gcc"
)

PROCESS = 200
DRIVER = """\
#include "generation.h"
#include "program_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

wchar_t executable[PATH_CHARACTERS] = L"/opt/program";

long process_number(void) { return %d; }

int read_variable(const char *name, char *value, size_t size)
{
    const char *found = getenv(name);
    if (found == NULL || strlen(found) >= size) {
        return -1;
    }
    strcpy(value, found);
    return 0;
}

void set_variable(const char *name, const char *value) { setenv(name, value, 1); }

int main(int argc, char **argv)
{
    (void)argv;
    int generation = count_generation(argc > 1);
    printf("%%d %%s", generation, getenv(generation_variable()));
    return 0;
}
"""


def variable() -> str:
    """TF2EXE_GENERATION_ and the FNV-1a hash of the path."""
    value = 2166136261
    for character in "/opt/program":
        value = (value ^ ord(character)) * 16777619 & 0xFFFFFFFF
    return f"TF2EXE_GENERATION_{value:08X}"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generation")
    (folder / "driver.c").write_text(DRIVER % PROCESS, encoding="utf-8")
    interpreter = sources.FOLDER / "interpreter"
    command = ["gcc", "-Wall", "-Werror", f"-I{interpreter}", "driver.c", str(interpreter / "generation.c")]
    subprocess.run([*command, "-o", "program"], cwd=folder, check=True, timeout=60)
    return folder / "program"


def count(program: Path, value: str | None, *arguments: str) -> str:
    """Starts the program with a value of its variable; returns the generation and the new value."""
    env = {**os.environ, **({} if value is None else {variable(): value})}
    return subprocess.run(
        [program, *arguments], env=env, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_the_first_process_has_generation_1(program: Path) -> None:
    assert count(program, None) == f"1 1:{PROCESS}"


def test_a_process_of_the_program_is_the_next_generation(program: Path) -> None:
    assert count(program, "3:100") == f"4 4:{PROCESS}"


def test_a_restart_by_exec_has_the_same_generation(program: Path) -> None:
    assert count(program, f"3:{PROCESS}") == f"3 3:{PROCESS}"


def test_a_helper_of_multiprocessing_has_the_generation_of_its_program(program: Path) -> None:
    assert count(program, "3:100", "helper") == f"3 3:{PROCESS}"
    assert count(program, None, "helper") == f"1 1:{PROCESS}"


@pytest.mark.parametrize(
    "value",
    ["", "x", "-1:5", "0:5", "99999:5", "3:", "3:x", "3:5x", "3:-5", "3:99999999999", "3 :5", "3" * 60],
)
def test_other_values_are_ignored(program: Path, value: str) -> None:
    assert count(program, value) == f"1 1:{PROCESS}"
