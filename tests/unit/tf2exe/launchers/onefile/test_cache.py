"""Which cache folders the launcher uses, and which changes in them it detects."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from namespaces import unshare_command

if TYPE_CHECKING:
    from launcher_bench import Bench

NO_CACHE, NO_SPACE = 114, 115
NOBODY = 54321  # a user without an entry in the password file
DAY = 24 * 3600
CLEAR = {"TF2EXE_CLEAR_CACHE": "1"}
CHECK = {"TF2EXE_CHECK_CACHE": "1"}

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


class TestUnsuitableFolders:
    """The launcher skips a folder that other users may change, or from which programs cannot run."""

    @pytest.mark.promise("onefile", "An unsuitable cache directory is skipped or reported.")
    @pytest.mark.parametrize(
        "fault", ["link", "file", "writable by others", "writable by the group", "in an open folder"]
    )
    def test_unsuitable_folder_is_skipped(self, bench: Bench, tmp_path: Path, fault: str) -> None:
        first, real, second = tmp_path / "open" / "first", tmp_path / "real", tmp_path / "second"
        first.parent.mkdir()
        real.mkdir(mode=0o700)
        match fault:
            case "link":
                first.symlink_to(real)
            case "file":
                first.write_text("")
            case "in an open folder":
                first.parent.chmod(0o777)
            case _:
                first.mkdir()
                first.chmod(0o777 if fault.endswith("others") else 0o770)
        assert bench.run(bench.small, cache=first, env={"XDG_CACHE_HOME": str(second)}).code == 0
        assert (second / "tf2exe" / "probe").is_dir()
        assert not list(real.iterdir())

    @pytest.mark.promise("onefile", "An unsuitable cache directory is skipped or reported.")
    def test_link_into_a_world_writable_folder_is_refused(self, bench: Bench, tmp_path: Path) -> None:
        (tmp_path / "open" / "real").mkdir(parents=True)
        (tmp_path / "open").chmod(0o777)
        (tmp_path / "link").symlink_to(tmp_path / "open" / "real")
        answer = bench.run(bench.small, cache=tmp_path / "link" / "cache")
        assert answer.code == NO_CACHE
        assert "in a folder that every user may write to" in answer.err

    def test_sticky_folder_is_used(self, bench: Bench, tmp_path: Path) -> None:
        (tmp_path / "sticky").mkdir()
        (tmp_path / "sticky").chmod(0o1777)
        assert bench.run(bench.small, cache=tmp_path / "sticky" / "cache").code == 0

    @pytest.mark.parametrize("level", ["program", "unpacked"])
    def test_links_in_the_cache_are_not_followed(self, bench: Bench, tmp_path: Path, level: str) -> None:
        cache, real = tmp_path / "cache", tmp_path / "real"
        bench.run(bench.small, cache=cache)
        inside = cache / "probe" if level == "program" else bench.unpacked(cache)
        inside.rename(real)
        inside.symlink_to(real)
        (real / "lib").rename(real / "other") if level == "unpacked" else None
        answer = bench.run(bench.small, cache=cache, env={"XDG_CACHE_HOME": str(tmp_path / "second")})
        assert answer.out.startswith("word ")
        assert (tmp_path / "second").exists() == (level == "program")
        assert level == "program" or not bench.unpacked(cache).is_symlink()

    @pytest.mark.promise("onefile", "An unsuitable cache directory is skipped or reported.")
    @needs_root
    @pytest.mark.parametrize("level", ["cache", "program", "unpacked", "a folder", "a file"])
    def test_files_of_another_user_are_not_used(self, bench: Bench, tmp_path: Path, level: str) -> None:
        cache = tmp_path / "cache"
        bench.run(bench.small, cache=cache)
        unpacked = bench.unpacked(cache)
        word = unpacked / "lib" / "word.txt"
        foreign = {
            "cache": cache,
            "program": cache / "probe",
            "unpacked": unpacked,
            "a folder": unpacked / "lib",
            "a file": word,
        }[level]
        stamp = word.stat().st_mtime_ns
        word.write_text("evil")
        os.utime(word, ns=(stamp, stamp))
        os.chown(foreign, NOBODY, NOBODY)
        answer = bench.run(bench.small, cache=cache, env={"XDG_CACHE_HOME": str(tmp_path / "second")})
        assert answer.out.startswith("word ")
        assert (tmp_path / "second").exists() == (level in {"cache", "program"})

    @pytest.mark.promise("onefile", "An unsuitable cache directory is skipped or reported.")
    @needs_root
    def test_user_without_home_and_name_uses_the_temporary_folder(self, bench: Bench) -> None:
        locked = bench.root / "locked"
        locked.mkdir(mode=0o555, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=bench.root))
        scratch.chmod(0o1777)
        env = {"HOME": "", "TMPDIR": str(scratch)}
        other: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        assert bench.run(bench.small, cache=locked / "cache", env=env, **other).code == 0
        assert (scratch / f"tf2exe-{NOBODY}" / "probe").is_dir()

    @needs_root
    def test_root_creates_nothing_in_the_home_of_a_user(self, bench: Bench, tmp_path: Path) -> None:
        home, scratch = tmp_path / "home", tmp_path / "scratch"
        home.mkdir()
        scratch.mkdir()
        os.chown(home, NOBODY, NOBODY)
        assert bench.run(bench.small, cache=None, env={"HOME": str(home), "TMPDIR": str(scratch)}).code == 0
        assert not list(home.iterdir())
        assert (scratch / "tf2exe-0" / "probe").is_dir()

    def test_long_path_is_skipped(self, bench: Bench, tmp_path: Path) -> None:
        cache = tmp_path.joinpath(*["x" * 200] * 20)
        env = {"XDG_CACHE_HOME": str(tmp_path / "second")}
        assert bench.run(bench.small, cache=cache, env=env).out.startswith("word ")
        assert "its path is too long" in bench.run(bench.small, cache=cache).err

    @pytest.mark.promise("onefile", "An unsuitable cache directory is skipped or reported.")
    @pytest.mark.parametrize(
        ("options", "code", "reason"),
        [
            ("size=8k", NO_SPACE, "No space left on device"),
            ("nr_inodes=9", NO_SPACE, "No space left on device"),
            ("noexec", NO_CACHE, "mounted noexec"),
            ("ro", NO_CACHE, "Read-only file system"),
        ],
    )
    def test_unsuitable_file_system_is_reported(
        self, bench: Bench, options: str, code: int, reason: str
    ) -> None:
        script = (
            f"mount -t tmpfs none /mnt && cp {bench.small} /mnt/probe || exit 99;"
            f"mount -t tmpfs -o {options} none /tmp || exit 99;"
            "exec /mnt/probe"
        )
        inner = Path("/tmp/c")  # noqa: S108
        answer = bench.run(*unshare_command(), "/bin/sh", "-c", script, cache=inner, env={"TMPDIR": ""})
        assert answer.code == code, answer
        assert re.fullmatch(r"probe: no cache folder can be used: .*; .*TF2EXE_CACHE_DIR .*\n", answer.err)
        assert reason in answer.err

    def test_file_system_without_modification_times_is_reported(self, bench: Bench, cache: Path) -> None:
        """Otherwise every start would unpack again."""
        source = cache.with_name("no_times.c")
        source.write_text("int utimensat(void) { return 0; }\n")
        library = source.with_suffix(".so")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
        answer = bench.run(bench.small, cache=cache, env={"LD_PRELOAD": str(library)})
        assert answer.code == NO_CACHE
        assert "its file system keeps no modes or modification times" in answer.err
        assert bench.leftovers(cache) == []

    def test_unpacked_files_are_used_if_their_folder_became_read_only(
        self, bench: Bench, cache: Path
    ) -> None:
        bench.run(bench.small, cache=cache)
        script = (
            f"mount --bind {cache} {cache} && mount -o remount,ro,bind {cache} || exit 99; exec {bench.small}"
        )
        answer = bench.run(*unshare_command(), "/bin/sh", "-c", script, cache=cache)
        assert answer.out.startswith("word "), answer

    def test_unpacked_files_stay_in_use_if_a_preferred_folder_appears(
        self, bench: Bench, tmp_path: Path
    ) -> None:
        """The preferred folder is unusable at the first start only."""
        home, scratch = tmp_path / "home", tmp_path / "scratch"
        home.mkdir()
        scratch.mkdir()
        (home / ".cache").write_text("in the way")
        env = {"HOME": str(home), "TMPDIR": str(scratch)}
        first = bench.run(bench.small, cache=None, env=env)
        (home / ".cache").unlink()
        assert bench.run(bench.small, cache=None, env=env) == first
        assert not (home / ".cache").exists()

    def test_cache_folder_may_be_relative(self, bench: Bench, tmp_path: Path) -> None:
        assert bench.run(bench.small, cache=Path("here"), cwd=tmp_path).code == 0
        assert (tmp_path / "here" / "probe").is_dir()


class TestChangedFiles:
    @pytest.mark.promise("onefile", "A changed or missing unpacked file is repaired at the next start.")
    @pytest.mark.parametrize(
        "fault", ["longer", "same size", "missing", "mode", "link", "folder", "closed folder", "file", "gone"]
    )
    def test_changed_files_are_repaired(self, bench: Bench, cache: Path, fault: str) -> None:
        bench.run(bench.small, cache=cache)
        unpacked = bench.unpacked(cache)
        word = unpacked / "lib" / "word.txt"
        match fault:
            case "longer" | "same size":
                word.write_text("longer" if fault == "longer" else "evil")
            case "missing":
                word.unlink()
            case "mode":
                word.chmod(0o644)
            case "link":
                (unpacked / "lib" / "link.txt").unlink()
            case "folder":
                (unpacked / "lib" / "empty").rmdir()
            case "closed folder":
                (unpacked / "lib").chmod(0)
            case "file":
                shutil.rmtree(unpacked)
                unpacked.write_text("in the way")
            case _:
                shutil.rmtree(unpacked)
        assert bench.run(bench.small, cache=cache).out.startswith("word ")
        assert word.read_text() == "word"
        assert (bench.unpacked(cache) / "lib" / "link.txt").is_symlink()
        assert (bench.unpacked(cache) / "lib" / "empty").is_dir()
        assert bench.leftovers(cache) == []

    @needs_root
    def test_folders_without_permissions_are_repaired(self, bench: Bench) -> None:
        other: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        cache = Path(tempfile.mkdtemp(dir=bench.root))
        os.chown(cache, NOBODY, NOBODY)
        bench.run(bench.small, cache=cache, **other)
        (bench.unpacked(cache) / "lib").chmod(0)
        bench.unpacked(cache).chmod(0)
        assert bench.run(bench.small, cache=cache, **other).out.startswith("word ")
        assert bench.leftovers(cache) == []

    @pytest.mark.promise("onefile", "A repair does not affect running processes.")
    def test_repair_does_not_affect_a_running_program(self, bench: Bench, cache: Path) -> None:
        with bench.watched(bench.small, cache):
            for _ in range(20):
                (bench.unpacked(cache) / "lib" / "nothing.txt").write_text("damage")
                assert bench.run(bench.small, cache=cache).out.startswith("word ")

    @pytest.mark.promise("onefile", "`TF2EXE_CHECK_CACHE=1` compares every unpacked byte.")
    @pytest.mark.parametrize("fault", ["contents", "more"])
    def test_contents_are_compared_if_requested(self, bench: Bench, cache: Path, fault: str) -> None:
        first = bench.run(bench.small, cache=cache)
        word = bench.unpacked(cache) / "lib" / "word.txt"
        if fault == "contents":
            word.write_text("evil")
            os.utime(word, (1_000_000_000, 1_000_000_000))
            assert bench.run(bench.small, cache=cache).out.startswith("evil ")  # documented: not detected
        else:
            word.with_name("more.py").write_text("")
            assert bench.run(bench.small, cache=cache) == first
        repaired = bench.run(bench.small, cache=cache, env=CHECK)
        assert repaired.out.startswith("word ")
        assert repaired.err == "probe: unpacked files had changed and were unpacked again\n"
        again = bench.run(bench.small, cache=cache, env=CHECK)
        assert (again.code, again.out, again.err) == (0, repaired.out, "")
        assert not word.with_name("more.py").exists()

    @pytest.mark.promise("onefile", "`TF2EXE_CHECK_CACHE=1` compares every unpacked byte.")
    def test_contents_of_a_large_program_are_compared_in_threads(self, bench: Bench, cache: Path) -> None:
        first = bench.run(bench.large, cache=cache)
        assert bench.run(bench.large, cache=cache, env=CHECK) == first
        large = bench.unpacked(cache) / "lib" / "large.bin"
        with large.open("r+b") as file:
            file.seek(79 << 20)
            file.write(b"?")
        os.utime(large, (1_000_000_000, 1_000_000_000))
        assert bench.run(bench.large, cache=cache, env=CHECK).err.count("\n") == 1
        assert bench.run(bench.large, cache=cache, env=CHECK).err == ""
