"""Which unpacked versions of a program are kept, and which are cleared."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from namespaces import unshare_command

if TYPE_CHECKING:
    from launcher_bench import Bench

NO_SPACE = 115
DAY = 24 * 3600
CLEAR = {"TF2EXE_CLEAR_CACHE": "1"}


class TestOldVersions:
    @staticmethod
    def age(cache: Path, days: dict[str, float]) -> None:
        """Sets how many days ago each version was used."""
        for lock in (cache / "probe").glob("*.lock"):
            version = lock.with_suffix("") / "version.txt"
            if version.exists():
                os.utime(lock, (time.time() - days[version.read_text()] * DAY,) * 2)

    @staticmethod
    def versions(cache: Path) -> str:
        return "".join(sorted(path.read_text() for path in (cache / "probe").glob("*/version.txt")))

    @pytest.mark.promise("onefile", "The two versions used last are kept for thirty days.")
    @pytest.mark.parametrize(
        ("days", "kept"),
        [
            ({"1": 1, "2": 2}, "012"),
            ({"1": 1, "2": 2, "3": 3}, "012"),
            ({"1": 3, "2": 1, "3": 2, "4": 4}, "023"),
            ({"1": 29, "2": 31}, "01"),
            ({"1": 40, "2": 50}, "0"),
            ({"1": -5, "2": 50}, "01"),  # used in the future: the clock was set back
        ],
    )
    def test_two_versions_used_last_are_kept_for_thirty_days(
        self, bench: Bench, cache: Path, tmp_path: Path, days: dict[str, float], kept: str
    ) -> None:
        programs = {name: bench.version(name, tmp_path) for name in ("0", *days)}
        for name in days:
            assert bench.run(programs[name], cache=cache).code == 0
            self.age(cache, dict.fromkeys(days, 0.1))  # so that none is deleted yet
        for name in days:
            if not any(name in path.read_text() for path in (cache / "probe").glob("*/version.txt")):
                self.age(cache, dict.fromkeys(days, 0.1))
                self.restore(cache, bench, programs[name])
        self.age(cache, days)
        assert bench.run(programs["0"], cache=cache).code == 0
        assert self.versions(cache) == kept
        assert len(list((cache / "probe").glob("*.lock"))) == len(kept)
        assert bench.leftovers(cache) == []

    @staticmethod
    def restore(cache: Path, bench: Bench, program: Path) -> None:
        """Unpacks a version in another cache and moves it here, so that no other version is deleted."""
        other_cache = cache.with_name("elsewhere")
        assert bench.run(program, cache=other_cache).code == 0
        for path in (other_cache / "probe").iterdir():
            if path.name != "lock":
                path.rename(cache / "probe" / path.name)

    @pytest.mark.promise("onefile", "Versions that are used alternately are kept.")
    def test_three_versions_used_alternately_are_unpacked_once_each(
        self, bench: Bench, cache: Path, tmp_path: Path
    ) -> None:
        programs = [bench.version(name, tmp_path) for name in "123"]
        first = [bench.run(program, cache=cache) for program in programs]
        for _ in range(3):
            assert [bench.run(program, cache=cache) for program in programs] == first  # including the inodes

    @pytest.mark.promise("onefile", "Warm starts write and delete nothing.")
    def test_warm_starts_delete_nothing(self, bench: Bench, cache: Path, tmp_path: Path) -> None:
        programs = {name: bench.version(name, tmp_path) for name in "12"}
        for program in programs.values():
            bench.run(program, cache=cache)
        self.age(cache, {"1": 100, "2": 0})
        bench.run(programs["2"], cache=cache)
        assert self.versions(cache) == "12"

    def test_running_version_is_kept(self, bench: Bench, cache: Path, tmp_path: Path) -> None:
        programs = {name: bench.version(name, tmp_path) for name in "12"}
        with bench.watched(programs["1"], cache):
            self.age(cache, {"1": 100})
            assert bench.run(programs["2"], cache=cache).code == 0
            assert self.versions(cache) == "12"
        assert bench.run(bench.small, cache=cache).code == 0
        assert self.versions(cache) == "2"

    @pytest.mark.promise("onefile", "If disk space is short, versions that do not run are deleted.")
    def test_versions_that_do_not_run_are_deleted_if_space_is_short(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        old = bench.version("1", tmp_path)
        script = (
            f"mount -t tmpfs -o size=120m none /mnt || exit 99; {old} && {bench.large} &&"
            f" {bench.version('2', tmp_path)} && cat /mnt/c/probe/*/version.txt && {bench.large};"
            " ls /mnt/c/probe/*/lib"
        )
        cache = Path("/mnt/c")
        answer = bench.run(*unshare_command(), "/bin/sh", "-c", script, cache=cache)
        assert answer.out.count("word ") == 4
        assert answer.out.count("large.bin") == 1


class TestClear:
    @pytest.mark.promise("onefile", "`TF2EXE_CLEAR_CACHE=1` deletes everything except what runs.")
    def test_clearing_leaves_nothing(self, bench: Bench, cache: Path) -> None:
        bench.run(bench.small, cache=cache)
        (cache / "probe" / f"{'0' * 32}.lock").touch()  # of a failed start
        (cache / "probe" / f"{'0' * 32}.partial.{'0' * 8}-1.x").mkdir()  # of another machine, long ago
        os.utime(cache / "probe" / f"{'0' * 32}.partial.{'0' * 8}-1.x", (1, 1))
        (cache / "probe" / f"{'0' * 32}.removed.x").mkdir()
        answer = bench.run(bench.small, cache=cache, env=CLEAR)
        assert (answer.code, answer.out, answer.err) == (0, "probe: removed 1 unpacked version\n", "")
        assert list(cache.iterdir()) == []
        assert bench.run(bench.small, cache=cache, env=CLEAR).out == "probe: removed 0 unpacked versions\n"

    @pytest.mark.promise("onefile", "`TF2EXE_CLEAR_CACHE=1` deletes everything except what runs.")
    def test_every_cache_folder_is_cleared(self, bench: Bench, tmp_path: Path) -> None:
        for folder in ("home", "scratch"):
            (tmp_path / folder).mkdir()
        env = {
            "XDG_CACHE_HOME": str(tmp_path / "xdg"),
            "HOME": str(tmp_path / "home"),
            "TMPDIR": str(tmp_path / "scratch"),
        }
        assert bench.run(bench.small, cache=tmp_path / "cache").code == 0
        for name, value in env.items():
            assert bench.run(bench.small, cache=None, env={name: value}).code == 0
        answer = bench.run(bench.small, cache=tmp_path / "cache", env={**env, **CLEAR})
        assert answer.out == "probe: removed 4 unpacked versions\n"
        assert not list(tmp_path.rglob("probe*"))
        assert not list(tmp_path.rglob("tf2exe*"))

    def test_running_version_is_kept(self, bench: Bench, cache: Path) -> None:
        with bench.watched(bench.small, cache):
            answer = bench.run(bench.small, cache=cache, env=CLEAR)
            assert answer.out == "probe: removed 0 unpacked versions, kept 1 in use\n"
        assert bench.run(bench.small, cache=cache, env=CLEAR).out == "probe: removed 1 unpacked version\n"

    def test_zero_disables_clearing_and_checking(self, bench: Bench, cache: Path) -> None:
        zero = {"TF2EXE_CLEAR_CACHE": "0", "TF2EXE_CHECK_CACHE": "0"}
        assert bench.run(bench.small, cache=cache, env=zero).out.startswith("word ")
