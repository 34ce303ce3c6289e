"""Files that ask for older versions of glibc's functions; that they are the same is asked of glibc itself."""

from __future__ import annotations

import ctypes
import math
import os
import random
import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tf2exe.compile import compilers
from tf2exe.knowledge import glibc
from tf2exe.launchers import sources
from tf2exe.native import elf, elf_versions, symbol_versions
from tf2exe.native.elf_image import VERNEEDNUM, ElfImage

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.native.elf_versions import RequiredVersion

needs_gcc = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64" or not shutil.which("gcc"),
    reason="reads libraries of x86-64 that are compiled here",
)
pytestmark = needs_gcc

SOURCE = sources.FOLDER / "interposed" / "glibc.c"
MATHEMATICS = ("exp", "exp2", "log", "log2", "pow", "hypot")
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -3.0, 709.8, -745.2, -746.0, 1024.0, -1075.0, 5e-324, 1e-310]
NUMBERS += [1.7e308, -1.7e308, math.inf, -math.inf, math.nan]
USES = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
static void *work(void *place) { *(double *)place = pow(2, 10); return place; }
double answer(const char *path)
{
    struct stat status;
    pthread_t thread;
    double number = 0;
    void *place = dlopen(NULL, RTLD_NOW);
    if (!place || stat(path, &status) != 0 || pthread_create(&thread, NULL, work, &number) != 0) return -1;
    pthread_join(thread, NULL);
    return number + (double)(status.st_size > 0);
}
"""


def compiled(folder: Path, name: str, *sources: Path | str, options: tuple[str, ...] = ()) -> Path:
    library = folder / f"lib{name}.so"
    command = ["gcc", "-std=gnu11", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", *map(str, sources)]
    subprocess.run([*command, "-o", str(library), *options], check=True, timeout=60)
    return library


def user(folder: Path, text: str = USES) -> Path:
    (folder / "uses.c").write_text(text)
    return compiled(folder, "uses", folder / "uses.c", options=("-lm",))


def versions(file: Path) -> tuple[RequiredVersion, ...]:
    with elf.opened(file) as opened:
        return opened.required_versions()


def versioned(library: ctypes.CDLL, name: str, version: str) -> int:
    found = ctypes.CDLL(None).dlvsym
    found.restype, found.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    return found(library._handle, name.encode(), version.encode()) or 0  # noqa: SLF001 - ctypes' own handle


def skip_with_old_glibc(file: Path) -> None:
    """A file that was linked to a glibc before 2.34 requires no version that can be downgraded."""
    if elf_versions.newest_glibc(versions(file)) < (2, 34):
        pytest.skip("this machine's glibc is older than 2.34")


class TestFiles:
    def test_asks_for_older_versions_and_still_answers(self, tmp_path: Path) -> None:
        file = user(tmp_path)
        skip_with_old_glibc(file)
        assert symbol_versions.downgrade(file)
        assert elf_versions.newest_glibc(versions(file)) <= (2, 14)
        answer = ctypes.CDLL(str(file)).answer
        answer.restype = ctypes.c_double
        assert answer(os.fsencode(file)) == 1025.0
        assert not symbol_versions.downgrade(file)

    def test_only_the_tables_of_versions_change(self, tmp_path: Path) -> None:
        file = user(tmp_path)
        before, image = file.read_bytes(), ElfImage(file)
        skip_with_old_glibc(file)
        assert symbol_versions.downgrade(file)
        after = file.read_bytes()
        mine: set[int] = set()
        for part in map(image.sections.__getitem__, (".gnu.version", ".gnu.version_r")):
            mine |= set(range(part.offset, part.offset + part.size))
        start = image.sections[".dynamic"].offset
        for number, (tag, _) in enumerate(image.dynamic_entries()):
            if tag == VERNEEDNUM:
                mine |= set(range(start + 16 * number + 8, start + 16 * number + 16))
        with elf.opened(file) as opened:  # the count of versions in the section's header
            header = opened.section_headers + 64 * image.sections[".gnu.version_r"].number
        mine |= set(range(header + 44, header + 48))
        assert len(before) == len(after)
        assert {place for place, (a, b) in enumerate(zip(before, after, strict=True)) if a != b} <= mine

    def test_what_nothing_stands_for_keeps_the_file_as_it_is(self, tmp_path: Path) -> None:
        """A function of 2.35 that is not known, beside functions of 2.34 that are."""
        text = USES.replace("return number", "return (epoll_pwait2(0, 0, 0, 0, 0) < -1) + number")
        file = user(tmp_path, "#define _GNU_SOURCE\n#include <sys/epoll.h>\n" + text)
        if not any(version.version == "GLIBC_2.35" for version in versions(file)):
            pytest.skip("this machine's glibc is older than 2.35")
        before = file.read_bytes()
        assert not symbol_versions.downgrade(file)
        assert file.read_bytes() == before

    def test_a_program_with_constructors_keeps_its_start(self, tmp_path: Path) -> None:
        source, program = tmp_path / "program.c", tmp_path / "program"
        for more, lowered in (("", True), ("__attribute__((constructor)) static void early(void) {}", False)):
            source.write_text(f'#include <stdio.h>\n{more}\nint main(void) {{ return puts("hi") < 0; }}\n')
            subprocess.run(["gcc", str(source), "-o", str(program)], check=True, timeout=60)
            skip_with_old_glibc(program)
            assert symbol_versions.downgrade(program) is lowered
            assert subprocess.run([program], capture_output=True, check=True).stdout == b"hi\n"

    @pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF", b"\x7fELF" + bytes(range(200))])
    def test_other_files_stay_as_they_are(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "file.so").write_bytes(content)
        assert not symbol_versions.downgrade(tmp_path / "file.so")
        assert (tmp_path / "file.so").read_bytes() == content

    def test_every_cut_off_library_is_left_alone_or_is_no_library(self, tmp_path: Path) -> None:
        whole = user(tmp_path).read_bytes()
        for size in range(0, len(whole), 97):
            (tmp_path / "cut.so").write_bytes(whole[:size])
            assert not symbol_versions.downgrade(tmp_path / "cut.so")


class TestTheSameFunction:
    """Asked of the glibc of this machine, which has both versions of each."""

    @pytest.mark.parametrize(("name", "version"), sorted(glibc.read_rules().renamed))
    def test_has_one_address_under_both_versions(self, name: str, version: str) -> None:
        machine = ctypes.CDLL("libm.so.6" if name in MATHEMATICS else None)
        new, old = (
            versioned(machine, name, version),
            versioned(machine, name, glibc.read_rules().renamed[name, version]),
        )
        if not new:
            pytest.skip(f"this machine's glibc is older than {version}")
        assert old
        assert name in (*MATHEMATICS, "__libc_start_main") or old == new

    @pytest.mark.parametrize("name", MATHEMATICS)
    def test_mathematics_give_the_same_bits_and_errors(self, name: str) -> None:
        ((version, older),) = [(v, o) for (n, v), o in glibc.read_rules().renamed.items() if n == name]
        machine = ctypes.CDLL("libm.so.6")
        places = [versioned(machine, name, version), versioned(machine, name, older)]
        if not all(places):
            pytest.skip(f"this machine's glibc is older than {version}")
        count = 2 if name in {"pow", "hypot"} else 1
        kind = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * count, use_errno=True)
        new, old = (kind(place) for place in places)
        rng = random.Random(7)  # noqa: S311 - the same numbers in every run
        wild = (struct.unpack("<d", rng.randbytes(8))[0] for _ in range(20_000 * count))
        tame = (rng.uniform(-750, 750) for _ in range(20_000 * count))
        cases = [(a, b)[:count] for a in NUMBERS for b in NUMBERS]
        cases += list(zip(*[iter([*wild, *tame])] * count, strict=True))
        for case in cases:
            assert answer_of(new, case) == answer_of(old, case), case


def answer_of(function: object, arguments: tuple[float, ...]) -> tuple[bytes, int]:
    ctypes.set_errno(0)
    value = function(*arguments)  # type: ignore[operator] # made by ctypes
    return b"nan" if math.isnan(value) else struct.pack("<d", value), ctypes.get_errno()


@pytest.mark.parametrize("oldest", ["2.27"])
def test_an_old_glibc_has_all_of_them(tmp_path: Path, oldest: str) -> None:
    """Zig knows what each glibc had in which library; its linker refuses what was not there."""
    zig = compilers.find_zig()
    if zig is None:
        pytest.skip("no Zig here, which knows old glibcs: pip install ziglang")
    renamed = {key: to for key, to in glibc.read_rules().renamed.items() if to <= f"GLIBC_{oldest}"}
    lines = [f".symver f{i}, {name}@{to}\n.quad f{i}\n" for i, ((name, _), to) in enumerate(renamed.items())]
    (tmp_path / "all.s").write_text(".data\n" + "".join(lines))
    command = [str(zig), "cc", "-target", f"x86_64-linux-gnu.{oldest}", "-shared", "-Wl,-z,defs", "all.s"]
    link = [*command, "-o", "all.so", "-lpthread", "-ldl", "-lrt", "-lutil", "-lm"]
    done = subprocess.run(link, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    (tmp_path / "all.s").write_text(".data\n.symver f, dlopen@GLIBC_2.34\n.quad f\n")
    assert subprocess.run(link, cwd=tmp_path, capture_output=True, check=False, timeout=300).returncode != 0
