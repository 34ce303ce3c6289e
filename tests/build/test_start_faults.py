"""Faults while a onefile starts, with real executables: a small one, and the classifier where size matters.

`tests/unit/tf2exe/launchers/onefile/test_faults.py` tries every system call. `TF2EXE_TESTS=long` tries more
of them here.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from executables import ProgramResult
from namespaces import unshare_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from executables import Builder, Executable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts, signals and owners of POSIX")

LONG = os.environ.get("TF2EXE_TESTS") == "long"
CHECK = {"TF2EXE_CHECK_CACHE": "1"}
MODIFICATION_TIME = 1_000_000_000
SUPPORT = Path(__file__).resolve().parents[1] / "support"
PHOTO = Path(__file__).resolve().parents[2] / "assets" / "samples" / "coffee.png"


@pytest.fixture
def small(builder: Builder) -> Executable:
    return builder.program("import_inside_function", "--sample", "", mode="onefile")


@pytest.fixture
def large(builder: Builder) -> Executable:
    return builder.classifier("onefile")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def start(built: Executable, cache: Path, *arguments: str, **variables: str) -> ProgramResult:
    env = {"PATH": "/nowhere", "HOME": "/dev/null", "TMPDIR": "/dev/null", "TF2EXE_CACHE_DIR": str(cache)}
    done = subprocess.run(
        [built.program, *(arguments or ("checksum", "hi"))],
        env={**env, **variables},
        capture_output=True,
        timeout=300,
        check=False,
    )
    return ProgramResult(done.returncode, done.stdout, done.stderr)


def assert_checksum(answer: ProgramResult) -> None:
    assert answer.exit_code == 0, answer
    assert answer.stderr == b""
    assert answer.stdout == b"checksum 3633523372\n"


def assert_one_line_error(answer: ProgramResult, name: str, code: int) -> None:
    assert answer.exit_code == code, answer
    assert re.fullmatch(rf"{name}: [^\n]+; [^\n]+\n", answer.stderr.decode()), answer
    assert answer.stdout == b""


def leftovers(cache: Path) -> list[str]:
    return [path.name for path in cache.glob("*/*") if ".partial." in path.name or ".removed." in path.name]


def unpacked(cache: Path) -> Path:
    (folder,) = (path for path in cache.glob("*/*") if re.fullmatch("[0-9a-f]{32}", path.name))
    return folder


@pytest.fixture
def faults(builder: Builder) -> Path:
    """A library that kills the launcher at one of its system calls (LD_PRELOAD)."""

    def make(folder: Path) -> None:
        source = SUPPORT / "launcher_faults.c"
        command = ["gcc", "-shared", "-fPIC", str(source), "-o", str(folder / "faults.so"), "-ldl"]
        subprocess.run(command, check=True)

    return builder.cache.get_or_make("launcher faults", make) / "faults.so"


@dataclass(frozen=True)
class Killer:
    """Kills first starts of an executable.

    Attributes:
        built: The executable.
        arguments: Of the executable.
        faults: The library that kills it.
        calls: The number of system calls of the launcher in a first start.
    """

    built: Executable
    arguments: tuple[str, ...]
    faults: Path
    calls: int

    @classmethod
    def of(cls, built: Executable, faults: Path, folder: Path, *arguments: str) -> Killer:
        """Counts the system calls of a first start in an empty cache."""
        env = {"LD_PRELOAD": str(faults), "FAULT": "0", "FAULT_COUNT": str(folder / "calls")}
        assert start(built, folder / "counting", *arguments, **env).exit_code == 0
        shutil.rmtree(folder / "counting")
        return cls(built, arguments, faults, int((folder / "calls").read_text()))

    def kill(self, cache: Path, at: int) -> None:
        env = {"LD_PRELOAD": str(self.faults), "FAULT": "KILL", "FAULT_AT": str(at)}
        killed = start(self.built, cache, *self.arguments, **env)
        assert (killed.exit_code, killed.stdout, killed.stderr) == (-signal.SIGKILL, b"", b"")


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed: apt install gcc")
class TestKilled:
    @pytest.mark.promise("onefile", "A start that is killed at any system call is repaired by the next one.")
    def test_at_system_calls_of_every_stage(
        self, small: Executable, faults: Path, cache: Path, tmp_path: Path
    ) -> None:
        """After three killed starts, one runs to its end. So starts also find what killed ones left."""
        killer = Killer.of(small, faults, tmp_path)
        count = 200 if LONG else 30
        assert killer.calls > 200
        unfinished = 0
        for step in range(count):
            killer.kill(cache, 1 + killer.calls * step // count)
            unfinished += bool(leftovers(cache))
            if step % 3 == 2:
                assert_checksum(start(small, cache))
                assert leftovers(cache) == []
                shutil.rmtree(cache)
        assert unfinished > count // 2  # nearly all system calls unpack

    @pytest.mark.promise("onefile", "A start that is killed at any system call is repaired by the next one.")
    @pytest.mark.makes("classifier onefile", seconds=100)
    def test_classifier_is_killed_repeatedly(
        self, large: Executable, faults: Path, cache: Path, tmp_path: Path
    ) -> None:
        """Each start finds what the previous one left, and is killed later. The last start is not killed."""
        killer = Killer.of(large, faults, tmp_path, "--version")
        for part in range(1, 6):
            killer.kill(cache, killer.calls * part // 6)
            assert len(leftovers(cache)) == 1
        assert start(large, cache, "--version").exit_code == 0
        assert leftovers(cache) == []
        assert start(large, cache, "--version", **CHECK).stderr == b""


class TestConcurrentStarts:
    @pytest.mark.promise("onefile", "Concurrent first starts unpack once.")
    def test_twenty_first_starts(self, small: Executable, cache: Path) -> None:
        with ThreadPoolExecutor(20) as pool:
            for answer in pool.map(lambda _: start(small, cache), range(20)):
                assert_checksum(answer)
        assert leftovers(cache) == []

    @pytest.mark.promise("onefile", "Concurrent first starts unpack once.")
    @pytest.mark.makes("classifier onefile", seconds=100)
    def test_twenty_first_starts_of_the_classifier(self, large: Executable, cache: Path) -> None:
        """Only two of them classify, because twenty need too much memory."""
        commands = [[str(PHOTO)] if number in {3, 12} else ["--version"] for number in range(20)]
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda command: start(large, cache, *command), commands))
        assert [answer.exit_code for answer in answers] == [0] * 20
        assert answers[3] == answers[12]
        assert b"espresso" in answers[3].stdout
        assert len({answer.stdout for answer in answers}) == 2
        assert leftovers(cache) == []


class TestFullDisk:
    SCRIPT = """
        mount -t tmpfs -o {first} none /mnt || exit 99
        "$1" {arguments}; echo "code $?"
        ls /mnt/cache/*/ | grep -E 'partial|removed'
        mount -o remount,size=4g,nr_inodes=100000 /mnt || exit 99
        "$1" {arguments}; echo "code $?"
    """

    def start_on_full_disk(self, built: Executable, first: str, arguments: str) -> ProgramResult:
        script = self.SCRIPT.format(first=first, arguments=arguments)
        env = {"PATH": os.environ["PATH"], "HOME": "/dev/null", "TMPDIR": "/dev/null"}
        done = subprocess.run(
            [*unshare_command(), "/bin/sh", "-c", script, "sh", built.program],
            env={**env, "TF2EXE_CACHE_DIR": "/mnt/cache"},
            capture_output=True,
            check=False,
        )
        return ProgramResult(done.returncode, done.stdout, done.stderr)

    @pytest.mark.promise("onefile", "An unsuitable cache directory is skipped or reported.")
    @pytest.mark.parametrize(
        "first", ["size=1m", "size=30m", "size=4g,nr_inodes=30", "size=4g,nr_inodes=400"]
    )
    def test_small_program(self, small: Executable, first: str) -> None:
        answer = self.start_on_full_disk(small, first, "checksum hi")
        assert answer.stdout == b"code 115\nchecksum 3633523372\ncode 0\n", answer
        assert re.fullmatch(rb"[^\n]+No space left on device[^\n]+free some space[^\n]+\n", answer.stderr)

    @pytest.mark.promise("onefile", "An unsuitable cache directory is skipped or reported.")
    @pytest.mark.makes("classifier onefile", seconds=100)
    @pytest.mark.parametrize("first", ["size=500m", "size=4g,nr_inodes=4000"])
    def test_classifier(self, large: Executable, first: str) -> None:
        answer = self.start_on_full_disk(large, first, "--version")
        assert re.fullmatch(rb"code 115\n[^\n]+\ncode 0\n", answer.stdout), answer
        assert re.fullmatch(rb"[^\n]+No space left on device[^\n]+free some space[^\n]+\n", answer.stderr)


def flip_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def flip_bit_and_keep_time(path: Path) -> None:
    flip_bit(path)
    os.utime(path, (MODIFICATION_TIME, MODIFICATION_TIME))


class TestChanged:
    FAULTS: tuple[Callable[[Path], object], ...] = (
        Path.unlink,
        lambda path: os.truncate(path, 1),
        lambda path: path.chmod(0o666),
        lambda path: path.write_bytes(path.read_bytes() + b"x"),
        flip_bit,
    )

    @pytest.mark.promise("onefile", "A changed or missing unpacked file is repaired at the next start.")
    @pytest.mark.parametrize("name", ["*.so", "import_inside_function", "lib/python/os.py*"])
    def test_each_kind_of_file(self, small: Executable, cache: Path, name: str) -> None:
        assert_checksum(start(small, cache))
        for fault in self.FAULTS:
            fault(min(unpacked(cache).rglob(name)))
            assert_checksum(start(small, cache))
        assert leftovers(cache) == []

    @pytest.mark.promise("onefile", "`TF2EXE_CHECK_CACHE=1` compares every unpacked byte.")
    def test_change_that_only_a_full_check_detects(self, small: Executable, cache: Path) -> None:
        assert_checksum(start(small, cache))
        library = min(unpacked(cache).rglob("*.so"))
        flip_bit_and_keep_time(library)
        answer = start(small, cache, **CHECK)
        assert answer.exit_code == 0
        assert answer.stderr.endswith(b": unpacked files had changed and were unpacked again\n")
        assert_checksum(start(small, cache, **CHECK))

    @pytest.mark.promise("onefile", "`TF2EXE_CHECK_CACHE=1` compares every unpacked byte.")
    @pytest.mark.makes("classifier onefile", seconds=100)
    def test_classifier_is_compared(self, large: Executable, cache: Path) -> None:
        assert start(large, cache, "--version").exit_code == 0
        flip_bit_and_keep_time(max(unpacked(cache).rglob("*.so*"), key=lambda path: path.lstat().st_size))
        assert start(large, cache, "--version", **CHECK).stderr.count(b"\n") == 1
        assert start(large, cache, "--version", **CHECK).stderr == b""


class TestExecutable:
    @pytest.mark.promise("onefile", "The executable may be renamed, moved, linked or found through `PATH`.")
    def test_renamed_linked_and_in_a_deleted_folder(
        self, small: Executable, cache: Path, tmp_path: Path
    ) -> None:
        program = shutil.copy(small.program, tmp_path / "other name")
        (tmp_path / "link").symlink_to(program)
        gone = f"mkdir {tmp_path}/gone && cd {tmp_path}/gone && rmdir {tmp_path}/gone"
        for command in (
            f"'{program}'",
            f"{tmp_path}/link",
            f"cd {tmp_path} && './other name'",
            f"PATH={tmp_path} && link",
            f"{gone} && '{program}'",
        ):
            env = {"PATH": "/usr/bin:/bin", "TF2EXE_CACHE_DIR": str(cache)}
            done = subprocess.run(
                ["/bin/sh", "-c", f"{command} checksum hi"], env=env, capture_output=True, check=False
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, b"checksum 3633523372\n", b""), command
        assert len(list(cache.glob("*/*.lock"))) == 1

    @pytest.mark.promise("onefile", "A corrupt or truncated payload ends with exit code 113 and one line.")
    def test_flipped_and_truncated(self, small: Executable, cache: Path, tmp_path: Path) -> None:
        """Damage at evenly spaced offsets after the launcher is reported, and nothing stays unpacked."""
        whole = small.program.read_bytes()
        count, launcher = 200 if LONG else 24, 1 << 18
        places = range(launcher, len(whole), (len(whole) - launcher) // count)
        program = tmp_path / "import_inside_function"
        for place in [*places, *range(len(whole) - 80, len(whole), 7)]:
            flipped = whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :]
            for data in (flipped, whole[:place]):
                program.unlink(missing_ok=True)
                program.write_bytes(data)
                program.chmod(0o700)
                damaged = replace(small, program=program)
                assert_one_line_error(start(damaged, cache), "import_inside_function", 113)
        assert leftovers(cache) == []
