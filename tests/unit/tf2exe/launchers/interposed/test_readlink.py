"""The interposed readlink, in programs that link it."""

from __future__ import annotations

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

SOURCE = sources.FOLDER / "interposed" / "readlink.c"
WITHOUT_PROC = f"""\
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

static long call(int folder, const char *path, char *target, size_t size)
{{
    if (strncmp(path, "/proc/", 6) == 0) {{
        errno = ENOENT;
        return -1;
    }}
    return syscall(SYS_readlinkat, folder, path, target, size);
}}
#define syscall(number, folder, path, target, size) call(folder, path, target, size)
#include "{SOURCE}"
"""
MAIN = """\
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char target[4096];
    ssize_t length = readlink(argv[1], target, (size_t)atoi(argv[2]));
    printf("%d %d %.*s", (int)length, length < 0 ? errno : 0, length < 0 ? 0 : (int)length, target);
    return argc != 3;
}
"""


def compile_program(folder: Path, source: str) -> Path:
    (folder / "main.c").write_text(MAIN, encoding="utf-8")
    (folder / "readlink.c").write_text(source, encoding="utf-8")
    subprocess.run(["gcc", "main.c", "readlink.c", "-o", "program"], cwd=folder, check=True, timeout=60)
    return folder / "program"


@pytest.fixture(scope="module", params=["with /proc", "without /proc"])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = f'#include "{SOURCE}"\n' if request.param == "with /proc" else WITHOUT_PROC
    return compile_program(tmp_path_factory.mktemp("readlink"), source)


def read_link(program: Path, path: str, size: int = 4096, cwd: Path | None = None) -> str:
    command = [str(program), path, str(size)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_path_of_the_executable(program: Path) -> None:
    path = str(program.resolve())
    assert read_link(program, "/proc/self/exe") == f"{len(path)} 0 {path}"


def test_a_long_path_is_cut_off(program: Path) -> None:
    assert read_link(program, "/proc/self/exe", 5) == f"5 0 {str(program.resolve())[:5]}"


def test_a_relative_path_and_a_link_are_resolved(program: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(program)
    done = subprocess.run(
        ["./link", "/proc/self/exe", "4096"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith(f" 0 {program.resolve()}")


def test_other_links_are_read_as_usual(program: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "file").touch()
    assert read_link(program, "link", cwd=tmp_path) == "6 0 target"
    assert read_link(program, "file", cwd=tmp_path).startswith("-1 22 ")
    assert read_link(program, "absent", cwd=tmp_path).startswith("-1 2 ")
