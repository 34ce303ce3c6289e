from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.native import strip

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc") or not shutil.which("strip"),
    reason="strips a library that is compiled here",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with symbols, larger than the smallest that is worth it."""
    folder = tmp_path_factory.mktemp("library")
    code = f"char filler[{strip.MIN_SIZE}] = {{1}};\n"
    code += "".join(
        f"static int hidden_{n}(void) {{ return {n}; }} int f{n}(void) {{ return hidden_{n}(); }}\n"
        for n in range(50)
    )
    (folder / "x.c").write_text(code)
    output = folder / "libx.so"
    command = ["gcc", "-shared", "-fPIC", "-g", "-O0", "-o", str(output), str(folder / "x.c")]
    subprocess.run(command, check=True, timeout=60)
    return output


def test_symbols_go_and_the_library_still_loads(library: Path, tmp_path: Path) -> None:
    target = tmp_path / "libx.so"
    assert strip.strip_library(library, target, ("strip",))
    assert target.stat().st_size < library.stat().st_size
    assert b"hidden_7" in library.read_bytes()
    assert b"hidden_7" not in target.read_bytes()
    code = f"import ctypes; print(ctypes.CDLL({str(target)!r}).f7())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert done.stdout == b"7\n"


@pytest.mark.parametrize("tool", [(), ("false",)])
def test_without_a_working_tool_the_original_travels(
    library: Path, tmp_path: Path, tool: tuple[str, ...]
) -> None:
    assert not strip.strip_library(library, tmp_path / "x", tool)
    assert (tmp_path / "x").read_bytes() == library.read_bytes()


def test_small_files_are_not_worth_it(tmp_path: Path) -> None:
    (tmp_path / "small.so").write_bytes(b"\x7fELF but broken")
    assert not strip.strip_library(tmp_path / "small.so", tmp_path / "x", ("strip",))
    assert (tmp_path / "x").read_bytes() == b"\x7fELF but broken"


def test_a_result_that_no_loader_takes_is_not_kept(library: Path, tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text('#!/bin/sh\nprintf "no library" > "$3"\n')
    tool.chmod(0o755)
    assert not strip.strip_library(library, tmp_path / "x", (str(tool),))
    assert (tmp_path / "x").read_bytes() == library.read_bytes()
