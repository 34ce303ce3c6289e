"""Files that ask for older versions of glibc's functions; that they are the same is asked of glibc itself."""

from __future__ import annotations

import ctypes
import errno
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tf2exe import compilers, elf, glibc, launcher, older_glibc

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64" or not shutil.which("gcc"),
    reason="reads libraries of x86-64 that are compiled here",
)

SOURCE = launcher.SOURCES / "posix" / "older_glibc.c"
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


def tables(file: Path) -> elf.Tables:
    with file.open("rb") as stream:
        found = elf.tables(stream)
    assert found is not None
    return found


def versioned(library: ctypes.CDLL, name: str, version: str) -> int:
    found = ctypes.CDLL(None).dlvsym
    found.restype, found.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    return found(library._handle, name.encode(), version.encode()) or 0  # noqa: SLF001 - ctypes' own handle


class TestFiles:
    def test_asks_for_older_versions_and_still_answers(self, tmp_path: Path) -> None:
        file = user(tmp_path)
        if elf.newest(tables(file).asks) < (2, 34):
            pytest.skip("this machine's glibc is old")
        assert older_glibc.lower(file)
        assert elf.newest(tables(file).asks) <= (2, 14)
        answer = ctypes.CDLL(str(file)).answer
        answer.restype = ctypes.c_double
        assert answer(os.fsencode(file)) == 1025.0
        assert not older_glibc.lower(file)

    def test_only_the_tables_of_versions_change(self, tmp_path: Path) -> None:
        file = user(tmp_path)
        before, places = file.read_bytes(), tables(file)
        if not older_glibc.lower(file):
            pytest.skip("this machine's glibc is old")
        after = file.read_bytes()
        mine = {place for position, _ in places.counts for place in range(position, position + 8)}
        for part in (places.numbers, places.needs):
            mine |= set(range(part.offset, part.offset + part.size))
        assert len(before) == len(after)
        assert {place for place, (a, b) in enumerate(zip(before, after, strict=True)) if a != b} <= mine

    def test_what_nothing_stands_for_keeps_the_file_as_it_is(self, tmp_path: Path) -> None:
        """A function of 2.35 that is not known, beside functions of 2.34 that are."""
        text = USES.replace("return number", "return (epoll_pwait2(0, 0, 0, 0, 0) < -1) + number")
        file = user(tmp_path, "#define _GNU_SOURCE\n#include <sys/epoll.h>\n" + text)
        if not any(ask.version == "GLIBC_2.35" for ask in tables(file).asks):
            pytest.skip("this machine's glibc is old")
        before = file.read_bytes()
        assert not older_glibc.lower(file)
        assert file.read_bytes() == before

    def test_a_program_with_constructors_keeps_its_start(self, tmp_path: Path) -> None:
        source, program = tmp_path / "program.c", tmp_path / "program"
        for more, lowered in (("", True), ("__attribute__((constructor)) static void early(void) {}", False)):
            source.write_text(f'#include <stdio.h>\n{more}\nint main(void) {{ return puts("hi") < 0; }}\n')
            subprocess.run(["gcc", str(source), "-o", str(program)], check=True, timeout=60)
            if elf.newest(tables(program).asks) < (2, 34):
                pytest.skip("this machine's glibc is old")
            assert older_glibc.lower(program) is lowered
            assert subprocess.run([program], capture_output=True, check=True).stdout == b"hi\n"

    @pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF", b"\x7fELF" + bytes(range(200))])
    def test_other_files_stay_as_they_are(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "file.so").write_bytes(content)
        assert not older_glibc.lower(tmp_path / "file.so")
        assert (tmp_path / "file.so").read_bytes() == content

    def test_every_cut_off_library_is_left_alone_or_is_no_library(self, tmp_path: Path) -> None:
        whole = user(tmp_path).read_bytes()
        for size in range(0, len(whole), 97):
            (tmp_path / "cut.so").write_bytes(whole[:size])
            assert not older_glibc.lower(tmp_path / "cut.so")


class TestTheSameFunction:
    """Asked of the glibc of this machine, which has both versions of each."""

    @pytest.mark.parametrize(("name", "version"), sorted(glibc.known().moved))
    def test_has_one_address_under_both_versions(self, name: str, version: str) -> None:
        machine = ctypes.CDLL("libm.so.6" if name in MATHEMATICS else None)
        new, old = (
            versioned(machine, name, version),
            versioned(machine, name, glibc.known().moved[name, version]),
        )
        if not new:
            pytest.skip(f"this machine's glibc is older than {version}")
        assert old
        assert name in (*MATHEMATICS, "__libc_start_main") or old == new

    @pytest.mark.parametrize("name", MATHEMATICS)
    def test_mathematics_give_the_same_bits_and_errors(self, name: str) -> None:
        ((version, older),) = [(v, o) for (n, v), o in glibc.known().moved.items() if n == name]
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
    zig = compilers.zig()
    if zig is None:
        pytest.skip("no Zig here, which knows old glibcs: pip install ziglang")
    moved = {key: to for key, to in glibc.known().moved.items() if to <= f"GLIBC_{oldest}"}
    lines = [f".symver f{i}, {name}@{to}\n.quad f{i}\n" for i, ((name, _), to) in enumerate(moved.items())]
    (tmp_path / "all.s").write_text(".data\n" + "".join(lines))
    command = [str(zig), "cc", "-target", f"x86_64-linux-gnu.{oldest}", "-shared", "-Wl,-z,defs", "all.s"]
    link = [*command, "-o", "all.so", "-lpthread", "-ldl", "-lrt", "-lutil", "-lm"]
    done = subprocess.run(link, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    (tmp_path / "all.s").write_text(".data\n.symver f, dlopen@GLIBC_2.34\n.quad f\n")
    assert subprocess.run(link, cwd=tmp_path, capture_output=True, check=False, timeout=300).returncode != 0


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("brought")
    return ctypes.CDLL(str(compiled(folder, "brought", SOURCE)), use_errno=True)


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """As with an old glibc: nothing is found there."""
    folder = tmp_path_factory.mktemp("without")
    text = f'#define _GNU_SOURCE\n#include <dlfcn.h>\n#define dlsym(place, name) NULL\n#include "{SOURCE}"\n'
    (folder / "without.c").write_text(text)
    return ctypes.CDLL(str(compiled(folder, "without", folder / "without.c")), use_errno=True)


class TestBrought:
    """What the executable brings does what glibc's function does, and so does what it does without that."""

    def test_every_function_that_is_promised_is_there(self, brought: ctypes.CDLL) -> None:
        for name, _ in glibc.known().brought:
            assert Path(str(brought._name)).name in origin(brought, name)  # noqa: SLF001 - ctypes' own name

    def test_files_are_described_alike(self, brought: ctypes.CDLL, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("text")
        (tmp_path / "link").symlink_to("file")
        folder, file = os.open(tmp_path, os.O_RDONLY), os.open(tmp_path / "file", os.O_RDONLY)
        own = ctypes.CDLL(None, use_errno=True)
        for path in (tmp_path / "file", tmp_path / "link", tmp_path / "missing", Path("/proc/self")):
            name = os.fsencode(path)
            for call in ("stat", "stat64", "lstat", "lstat64"):
                assert described(brought, call, name) == described(own, call, name)
            for flags in (0, 0x100, 0x4000):
                for call in ("fstatat", "fstatat64"):
                    arguments = folder, os.fsencode(path.name)
                    assert described(brought, call, *arguments, flags=flags) == described(
                        own, call, *arguments, flags=flags
                    )
        for descriptor in (folder, file, -1, 999):
            for call in ("fstat", "fstat64"):
                assert described(brought, call, descriptor) == described(own, call, descriptor)
        os.close(folder)
        os.close(file)

    def test_nodes_are_made(self, brought: ctypes.CDLL, tmp_path: Path) -> None:
        place = os.fsencode(tmp_path / "pipe")
        assert brought.mknod(place, ctypes.c_uint(0o010600), ctypes.c_ulong(0)) == 0
        assert (tmp_path / "pipe").is_fifo()
        assert brought.mknod(place, ctypes.c_uint(0o010600), ctypes.c_ulong(0)) == -1
        assert ctypes.get_errno() == errno.EEXIST
        assert brought.mknodat(-100, b"x", ctypes.c_uint(0o010600), ctypes.c_ulong(1 << 40)) == -1
        assert ctypes.get_errno() == errno.EINVAL

    def test_descriptors(self, brought: ctypes.CDLL) -> None:
        read, write = os.pipe()
        copy = brought.fcntl64(read, 0, 100)  # F_DUPFD
        assert copy >= 100
        assert brought.fcntl64(copy, 1) == 0  # F_GETFD
        assert brought.close_range(copy, copy, 0) == 0
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(copy)
        os.close(read)
        os.close(write)
        assert brought.gettid() == ctypes.CDLL(None).gettid()

    @pytest.mark.parametrize("which", ["brought", "without"])
    @pytest.mark.parametrize("clock", [0, 1])
    def test_semaphores_wait_until_the_deadline(
        self, request: pytest.FixtureRequest, which: str, clock: int
    ) -> None:
        wait = request.getfixturevalue(which).sem_clockwait
        semaphore, own = ctypes.create_string_buffer(64), ctypes.CDLL(None)
        assert own.sem_init(semaphore, 0, 1) == 0

        def deadline(after: float) -> ctypes.Array[ctypes.c_long]:
            seconds = time.clock_gettime(clock) + after
            return (ctypes.c_long * 2)(int(seconds), int(seconds % 1 * 1e9))

        assert wait(semaphore, clock, deadline(-1)) == 0  # it is free: no clock counts
        assert wait(semaphore, clock, end := deadline(0.05)) == -1
        assert ctypes.get_errno() == errno.ETIMEDOUT
        assert time.clock_gettime(clock) >= end[0] + end[1] / 1e9
        assert own.sem_post(semaphore) == 0
        assert wait(semaphore, clock, deadline(60)) == 0
        assert wait(semaphore, 7, deadline(60)) == -1
        assert ctypes.get_errno() == errno.EINVAL

    @pytest.mark.parametrize("which", ["brought", "without"])
    def test_code_is_found_for_exceptions(self, request: pytest.FixtureRequest, which: str) -> None:
        find, own = request.getfixturevalue(which)._dl_find_object, ctypes.CDLL(None)  # noqa: SLF001 - its name
        for function in (own.printf, own.dlopen, find):
            address = ctypes.cast(function, ctypes.c_void_p)
            ours, glibcs = ((ctypes.c_size_t * 16)(), (ctypes.c_size_t * 16)())
            assert find(address, ours) == 0
            if hasattr(own, "_dl_find_object"):
                assert own._dl_find_object(address, glibcs) == 0  # noqa: SLF001 - its name
                assert ours[4] == glibcs[4]  # where the table of exceptions is
            assert ours[1] <= (address.value or 0) < ours[2]
        assert find(ctypes.c_void_p(16), (ctypes.c_size_t * 16)()) == -1

    def test_signals_go_to_threads(self, brought: ctypes.CDLL) -> None:
        own, kill = ctypes.CDLL(None), brought.pthread_kill
        own.pthread_self.restype = ctypes.c_ulong
        kill.argtypes = own.pthread_kill.argtypes = [ctypes.c_ulong, ctypes.c_int]
        assert kill(own.pthread_self(), 0) == own.pthread_kill(own.pthread_self(), 0) == 0
        assert kill(own.pthread_self(), 9999) == own.pthread_kill(own.pthread_self(), 9999) == errno.EINVAL

    def test_random_numbers(self, brought: ctypes.CDLL) -> None:
        brought.arc4random.restype = ctypes.c_uint
        assert len({brought.arc4random() for _ in range(100)}) > 90
        bytes_ = ctypes.create_string_buffer(1000)
        brought.arc4random_buf(bytes_, ctypes.c_size_t(1000))
        assert len(set(bytes_.raw)) > 200


def described(
    library: ctypes.CDLL, call: str, *arguments: object, flags: int | None = None
) -> tuple[object, ...]:
    """What a function of the stat family says: result, reason, and the 144 bytes that it writes."""
    status = ctypes.create_string_buffer(144)
    ctypes.set_errno(0)
    result = getattr(library, call)(*arguments, status, *([] if flags is None else [flags]))
    return result, ctypes.get_errno(), status.raw


def origin(library: ctypes.CDLL, name: str) -> str:
    """The file that a symbol is found in."""
    place = ctypes.cast(getattr(library, name), ctypes.c_void_p)
    info = (ctypes.c_char_p * 4)()
    assert ctypes.CDLL(None).dladdr(place, info)
    return os.fsdecode(info[0] or b"")
