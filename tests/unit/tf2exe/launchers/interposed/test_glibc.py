"""The polyfills of glibc, compared with glibc's own functions."""

from __future__ import annotations

import ctypes
import errno
import os
import time
from pathlib import Path

import pytest
from tests.unit.tf2exe.native.test_symbol_versions import SOURCE, compiled, needs_gcc

from tf2exe.knowledge import glibc

pytestmark = needs_gcc


@pytest.fixture(scope="module")
def polyfills(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("polyfills")
    return ctypes.CDLL(str(compiled(folder, "polyfills", SOURCE)), use_errno=True)


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """The polyfills as with an older glibc, which does not have the functions."""
    folder = tmp_path_factory.mktemp("without")
    text = f'#define _GNU_SOURCE\n#include <dlfcn.h>\n#define dlsym(handle, name) NULL\n#include "{SOURCE}"\n'
    (folder / "without.c").write_text(text)
    return ctypes.CDLL(str(compiled(folder, "without", folder / "without.c")), use_errno=True)


class TestPolyfills:
    """Each polyfill behaves like glibc's function, whether or not glibc has it."""

    def test_every_listed_function_is_exported(self, polyfills: ctypes.CDLL) -> None:
        polyfilled = glibc.read_rules().polyfilled
        assert polyfilled
        for name, _ in polyfilled:
            assert Path(str(polyfills._name)).name in origin(polyfills, name)  # noqa: SLF001 - ctypes' own name

    def test_the_stat_functions(self, polyfills: ctypes.CDLL, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("text")
        (tmp_path / "link").symlink_to("file")
        folder, file = os.open(tmp_path, os.O_RDONLY), os.open(tmp_path / "file", os.O_RDONLY)
        own = ctypes.CDLL(None, use_errno=True)
        for path in (tmp_path / "file", tmp_path / "link", tmp_path / "missing", Path("/proc/self")):
            name = os.fsencode(path)
            for call in ("stat", "stat64", "lstat", "lstat64"):
                assert described(polyfills, call, name) == described(own, call, name)
            for flags in (0, 0x100, 0x4000):
                for call in ("fstatat", "fstatat64"):
                    arguments = folder, os.fsencode(path.name)
                    assert described(polyfills, call, *arguments, flags=flags) == described(
                        own, call, *arguments, flags=flags
                    )
        for descriptor in (folder, file, -1, 999):
            for call in ("fstat", "fstat64"):
                assert described(polyfills, call, descriptor) == described(own, call, descriptor)
        os.close(folder)
        os.close(file)

    def test_mknod(self, polyfills: ctypes.CDLL, tmp_path: Path) -> None:
        path = os.fsencode(tmp_path / "pipe")
        assert polyfills.mknod(path, ctypes.c_uint(0o010600), ctypes.c_ulong(0)) == 0
        assert (tmp_path / "pipe").is_fifo()
        assert polyfills.mknod(path, ctypes.c_uint(0o010600), ctypes.c_ulong(0)) == -1
        assert ctypes.get_errno() == errno.EEXIST
        assert polyfills.mknodat(-100, b"x", ctypes.c_uint(0o010600), ctypes.c_ulong(1 << 40)) == -1
        assert ctypes.get_errno() == errno.EINVAL

    def test_functions_of_descriptors(self, polyfills: ctypes.CDLL) -> None:
        read, write = os.pipe()
        copy = polyfills.fcntl64(read, 0, 100)  # F_DUPFD
        assert copy >= 100
        assert polyfills.fcntl64(copy, 1) == 0  # F_GETFD
        assert polyfills.close_range(copy, copy, 0) == 0
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(copy)
        os.close(read)
        os.close(write)
        assert polyfills.gettid() == ctypes.CDLL(None).gettid()

    @pytest.mark.parametrize("which", ["polyfills", "without"])
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

        assert (
            wait(semaphore, clock, deadline(-1)) == 0
        )  # the semaphore is free: the deadline does not matter
        assert wait(semaphore, clock, end := deadline(0.05)) == -1
        assert ctypes.get_errno() == errno.ETIMEDOUT
        assert time.clock_gettime(clock) >= end[0] + end[1] / 1e9
        assert own.sem_post(semaphore) == 0
        assert wait(semaphore, clock, deadline(60)) == 0
        assert wait(semaphore, 7, deadline(60)) == -1
        assert ctypes.get_errno() == errno.EINVAL

    @pytest.mark.parametrize("which", ["polyfills", "without"])
    def test_the_library_of_an_address_is_found(self, request: pytest.FixtureRequest, which: str) -> None:
        find, own = request.getfixturevalue(which)._dl_find_object, ctypes.CDLL(None)  # noqa: SLF001 - its name
        for function in (own.printf, own.dlopen, find):
            address = ctypes.cast(function, ctypes.c_void_p)
            ours, glibcs = ((ctypes.c_size_t * 16)(), (ctypes.c_size_t * 16)())
            assert find(address, ours) == 0
            if hasattr(own, "_dl_find_object"):
                assert own._dl_find_object(address, glibcs) == 0  # noqa: SLF001 - its name
                assert ours[4] == glibcs[4]  # the table for exceptions
            assert ours[1] <= (address.value or 0) < ours[2]
        assert find(ctypes.c_void_p(16), (ctypes.c_size_t * 16)()) == -1

    def test_pthread_kill(self, polyfills: ctypes.CDLL) -> None:
        own, kill = ctypes.CDLL(None), polyfills.pthread_kill
        own.pthread_self.restype = ctypes.c_ulong
        kill.argtypes = own.pthread_kill.argtypes = [ctypes.c_ulong, ctypes.c_int]
        assert kill(own.pthread_self(), 0) == own.pthread_kill(own.pthread_self(), 0) == 0
        assert kill(own.pthread_self(), 9999) == own.pthread_kill(own.pthread_self(), 9999) == errno.EINVAL

    def test_random_numbers(self, polyfills: ctypes.CDLL) -> None:
        polyfills.arc4random.restype = ctypes.c_uint
        assert len({polyfills.arc4random() for _ in range(100)}) > 90
        bytes_ = ctypes.create_string_buffer(1000)
        polyfills.arc4random_buf(bytes_, ctypes.c_size_t(1000))
        assert len(set(bytes_.raw)) > 200


def described(
    library: ctypes.CDLL, call: str, *arguments: object, flags: int | None = None
) -> tuple[object, ...]:
    """The result of a stat function: return value, errno, and the 144 bytes that it writes."""
    status = ctypes.create_string_buffer(144)
    ctypes.set_errno(0)
    result = getattr(library, call)(*arguments, status, *([] if flags is None else [flags]))
    return result, ctypes.get_errno(), status.raw


def origin(library: ctypes.CDLL, name: str) -> str:
    """The file that has a symbol."""
    address = ctypes.cast(getattr(library, name), ctypes.c_void_p)
    info = (ctypes.c_char_p * 4)()
    assert ctypes.CDLL(None).dladdr(address, info)
    return os.fsdecode(info[0] or b"")
