"""Starts of a onefile: unpacking, the program's environment, and concurrent starts."""

from __future__ import annotations

import os
import random
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from launcher_bench import Bench

NO_CACHE, REFUSED = 114, 116
NOBODY = 54321  # a user without an entry in the password file


@pytest.mark.promise("onefile", "Unpacked files belong to the user alone.")
def test_unpacked_files_are_the_packed_ones(bench: Bench, cache: Path) -> None:
    assert bench.run(bench.large, cache=cache).out.startswith("word ")
    source, result = bench.root / "large", bench.unpacked(cache)
    names = sorted(path.relative_to(source) for path in source.rglob("*"))
    assert sorted(path.relative_to(result) for path in result.rglob("*")) == names
    for name in names:
        if (source / name).is_file():
            assert (source / name).read_bytes() == (result / name).read_bytes()
    assert (result / "lib" / "link.txt").readlink() == Path("word.txt")
    for path in [cache, cache / "probe", result, *result.rglob("*")]:
        mode = 0o700 if path.is_dir() or path.name == "probe" else 0o600
        assert path.is_symlink() or path.stat().st_mode & 0o777 == mode, path


@pytest.mark.promise("onefile", "Blocks of zeros in a file are restored as holes.")
def test_blocks_of_zeros_become_holes(bench: Bench, cache: Path, tmp_path: Path) -> None:
    """A hole consists of blocks of 64 KB; the last block of a file is always written."""
    folder, block = tmp_path / "source", 1 << 16
    shutil.copytree(bench.root / "small", folder, symlinks=True)
    zeros, rng = bytes(block), random.Random(4)  # noqa: S311
    contents = {
        "all": zeros * 3,
        "one": zeros,
        "short": b"\0",
        "odd": zeros * 2 + b"\0",
        "middle": b"x" * block + zeros * 40 + b"y",
        "shifted": b"x" + zeros * 4 + b"y" + zeros,
        "nearly": (bytes(block - 1) + b"z") * 2 + zeros * 2,
        "mixed": b"".join(rng.choice([zeros, b"w" * block, b"v"]) for _ in range(60)),
    }
    for name, content in contents.items():
        (folder / "lib" / name).write_bytes(content)
    bench.make(folder, tmp_path / "probe")
    assert bench.run(tmp_path / "probe", cache=cache).code == 0
    result = bench.unpacked(cache) / "lib"
    assert {name: (result / name).read_bytes() for name in contents} == contents
    assert (result / "middle").stat().st_blocks * 512 < 10 * block
    assert bench.run(tmp_path / "probe", cache=cache, env={"TF2EXE_CHECK_CACHE": "1"}).err == ""


@pytest.mark.promise("onefile", "Warm starts write and delete zeros.")
def test_warm_start_writes_nothing(bench: Bench, cache: Path) -> None:
    def state() -> list[tuple[str, int, int]]:
        return [
            (str(path), path.lstat().st_ino, path.lstat().st_ctime_ns) for path in sorted(cache.rglob("*"))
        ]

    first = bench.run(bench.small, cache=cache)
    before = state()
    assert bench.run(bench.small, cache=cache) == first
    assert state() == before


class TestProgram:
    def test_arguments_exit_code_and_signals_are_those_of_the_program(
        self, bench: Bench, cache: Path
    ) -> None:
        answer = bench.run(bench.small, "argv", "", "a b", "-ü\n", cache=cache)
        assert answer.out == f"{bench.small}\nargv\n\na b\n-ü\n\n"
        assert bench.run("zero", "argv", cache=cache, executable=bench.small).out == "zero\nargv\n"
        assert bench.run(bench.small, "exit", "77", cache=cache).code == 77
        assert bench.run(bench.small, "kill", cache=cache).code == -signal.SIGTERM
        silent = bench.run(bench.small, "exit", "0", cache=cache)
        assert (silent.code, silent.out, silent.err) == (0, "", "")

    def test_program_reads_standard_input(self, bench: Bench, cache: Path, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("one\ntwo")
        for _ in range(2):
            with (tmp_path / "text").open() as text:
                assert bench.run(bench.small, "copy", cache=cache, stdin=text).out == "one\ntwo"

    def test_program_gets_the_path_of_its_executable(self, bench: Bench, cache: Path) -> None:
        number, text = bench.run(bench.small, "environment", cache=cache).out.split()
        assert text == f"{number}:{bench.small}"

    def test_closed_streams_and_umask_are_kept(self, bench: Bench, cache: Path) -> None:
        for command, answer in {
            f"exec {bench.small} open <&- 2>&-": "1 ",
            f"exec {bench.small} open": "0 1 2 ",
            f"umask 027; exec {bench.small} mask": "027\n",
        }.items():
            assert bench.run("/bin/sh", "-c", command, cache=cache).out == answer


class TestExecutable:
    @pytest.mark.promise("onefile", "The executable may be renamed, moved, linked or found through `PATH`.")
    def test_executable_is_found_by_any_name(self, bench: Bench, cache: Path, tmp_path: Path) -> None:
        moved = tmp_path / "other name"
        shutil.copy(bench.small, moved)
        link = tmp_path / "link"
        link.symlink_to(moved)
        os.link(moved, tmp_path / "hard")
        for command in (
            f"cd {tmp_path} && exec './other name'",
            f"mkdir {tmp_path}/d && cd {tmp_path}/d && rmdir {tmp_path}/d && exec '{moved}'",
            f"exec {link}",
            f"exec {tmp_path}/hard",
            f"PATH={tmp_path} && exec link",
            f"cd {tmp_path} && PATH=: && exec link",
        ):
            assert bench.run("/bin/sh", "-c", command, cache=cache).out.startswith("word "), command
        assert len(list((cache / "probe").glob("*.lock"))) == 1

    @pytest.mark.promise("onefile", "The executable may be renamed, moved, linked or found through `PATH`.")
    def test_executable_may_be_moved_between_starts(self, bench: Bench, cache: Path, tmp_path: Path) -> None:
        shutil.copy(bench.small, tmp_path / "one")
        first = bench.run(tmp_path / "one", cache=cache)
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "one").rename(tmp_path / "elsewhere" / "two")
        assert bench.run(tmp_path / "elsewhere" / "two", cache=cache) == first

    def test_message_for_a_name_with_a_line_break_is_one_line(self, bench: Bench, tmp_path: Path) -> None:
        program = tmp_path / "a\nb"
        shutil.copy(bench.small, program)
        answer = bench.run(program, cache=None)
        assert answer.code == 114
        assert answer.err.startswith("a?b: no cache folder can be used")
        assert answer.err.count("\n") == 1

    def test_unreadable_executable_is_reported(self, bench: Bench, cache: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can become another user")
        folder = bench.root / "unreadable"
        folder.mkdir(mode=0o755)
        shutil.copy(bench.small, folder / "probe")
        (folder / "probe").chmod(0o711)
        answer = bench.run(folder / "probe", cache=cache, user=NOBODY, group=NOBODY, extra_groups=[])
        assert answer.code == REFUSED
        assert answer.err.startswith("probe: the executable cannot be read: Permission denied; ")
        assert answer.err.count("\n") == 1

    @pytest.mark.promise("onefile", "Too little memory or too few file descriptors are reported in one line.")
    @pytest.mark.parametrize(("kilobytes", "code"), [(20_000, REFUSED), (1_000_000, 0)])
    def test_little_memory_is_reported_or_sufficient(
        self, bench: Bench, cache: Path, kilobytes: int, code: int
    ) -> None:
        """The payload has 80 MB in chunks of 16 MB; one thread needs more than 20 MB."""
        answer = bench.run("/bin/sh", "-c", f"ulimit -v {kilobytes}; exec {bench.large}", cache=cache)
        assert (answer.code, answer.err.count("\n")) == (code, code != 0), answer
        assert bench.run(bench.large, cache=cache).out.startswith("word ")
        assert bench.leftovers(cache) == []

    @pytest.mark.promise("onefile", "Too little memory or too few file descriptors are reported in one line.")
    @pytest.mark.parametrize(
        ("limit", "reason"), [("-n 5", "Too many open files"), ("-f 20", "File too large")]
    )
    def test_limits_of_open_files_and_file_size_are_reported(
        self, bench: Bench, cache: Path, limit: str, reason: str
    ) -> None:
        answer = bench.run("/bin/sh", "-c", f"ulimit {limit}; exec {bench.large}", cache=cache)
        assert (answer.code, answer.err.count("\n")) == (NO_CACHE, 1), answer
        assert f"({reason})" in answer.err
        assert bench.run(bench.large, cache=cache).out.startswith("word ")
        assert bench.leftovers(cache) == []


class TestConcurrentStarts:
    @pytest.mark.promise("onefile", "Concurrent first starts unpack once.")
    def test_concurrent_first_starts_unpack_once(self, bench: Bench, cache: Path) -> None:
        with ThreadPoolExecutor(20) as pool:
            answers = set(pool.map(lambda _: bench.run(bench.large, cache=cache), range(20)))
        assert len(answers) == 1  # including the inode of the program
        assert answers.pop().out.startswith("word ")
        assert bench.leftovers(cache) == []

    @pytest.mark.promise("onefile", "`TF2EXE_CLEAR_CACHE=1` may run at the same time as starts.")
    def test_starts_succeed_while_the_cache_is_cleared(self, bench: Bench, cache: Path) -> None:
        """The folder of a start may be deleted at any time."""

        def start(number: int) -> tuple[int, str, str]:
            env = {"TF2EXE_CLEAR_CACHE": "1"} if number % 3 == 0 else {}
            answer = bench.run(bench.small, cache=cache, env=env)
            return answer.code, answer.out.partition(" ")[0], answer.err

        with ThreadPoolExecutor(20) as pool:
            answers = set(pool.map(start, range(300)))
        # On a busy machine, clearing may time out while a start unpacks, and reports that in one line.
        failed = {answer for answer in answers if answer[0] == 1}
        assert all("not everything could be removed" in err and err.count("\n") == 1 for _, _, err in failed)
        assert answers - failed == {(0, "word", ""), (0, "probe:", "")}
        assert bench.leftovers(cache) == []

    @pytest.mark.promise("onefile", "Concurrent first starts unpack once.")
    def test_concurrent_first_starts_of_two_versions(self, bench: Bench, cache: Path, tmp_path: Path) -> None:
        programs = [bench.small, bench.version("other", tmp_path)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda number: bench.run(programs[number % 2], cache=cache), range(16)))
        assert {answer.code for answer in answers} == {0}
        assert len(list((cache / "probe").glob("*.lock"))) == 2
        assert bench.leftovers(cache) == []

    def test_termination_while_unpacking_leaves_nothing(self, bench: Bench, cache: Path) -> None:
        with bench.stopped_while_unpacking(cache, "wait") as process:
            process.terminate()
            process.send_signal(signal.SIGCONT)
            assert process.wait(60) == -signal.SIGTERM
        assert bench.leftovers(cache) == []
