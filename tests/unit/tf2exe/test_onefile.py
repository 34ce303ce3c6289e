"""The onefile: real launchers, compiled here, in front of small folders."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

from tf2exe import chunks, filters, onefile, payload
from tf2exe.errors import PackageError

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="compiles and runs Linux executables"
)

DAMAGED, NO_CACHE, NO_SPACE, REFUSED = 113, 114, 115, 116
NOBODY = 54321  # a user without an entry in the password file
IS_ROOT = os.geteuid() == 0

PROBE = r"""
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    char path[4096], text[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length] = 0;
    const char *what = argc > 1 ? argv[1] : "word";
    if (!strcmp(what, "argv")) for (int i = 0; i < argc; i++) printf("%s\n", argv[i]);
    else if (!strcmp(what, "exit")) return atoi(argv[2]);
    else if (!strcmp(what, "kill")) raise(SIGTERM);
    else if (!strcmp(what, "environment")) printf("%ld %s\n", (long)getpid(), getenv("TF2EXE_ONEFILE"));
    else if (!strcmp(what, "copy")) while ((length = read(0, text, 4096)) > 0) (void)!write(1, text, length);
    else if (!strcmp(what, "wait")) { puts("ready"); fflush(stdout); pause(); }
    else if (!strcmp(what, "open")) {
        for (int i = 0; i < 200; i++) if (fcntl(i, F_GETFD) != -1) printf("%d ", i);
    }
    else if (!strcmp(what, "mask")) printf("%03o\n", (unsigned)umask(0));
    else {
        struct stat status;
        stat(path, &status);
        strcpy(strrchr(path, '/'), "/lib/word.txt");
        FILE *file = fopen(path, "r");
        if (!file || !fgets(text, sizeof text, file)) return 9;
        printf("%s %lu\n", text, (unsigned long)status.st_ino);
    }
    return 0;
}
"""


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


def zstd() -> Path:
    spec = find_spec("nuitka")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "build" / "inline_copy" / "zstd"


def run(program: Path | str, *arguments: str, cache: Path | None, **more: object) -> Finished:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/dev/null/home",
        "TMPDIR": "/dev/null/tmp",
        "ASAN_OPTIONS": "detect_leaks=0",
    }
    if cache is not None:
        environment["TF2EXE_CACHE_DIR"] = str(cache)
    environment |= more.pop("env", {})  # type: ignore[call-overload]
    done = subprocess.run(
        [program, *arguments],
        env=environment,
        capture_output=True,
        timeout=60,
        check=False,
        **{"stdin": subprocess.DEVNULL, **more},  # type: ignore[call-overload]
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def unpacked(cache: Path) -> Path:
    (folder,) = (path for path in (cache / "probe").iterdir() if re.fullmatch("[0-9a-f]{32}", path.name))
    return folder


def leftovers(cache: Path) -> list[str]:
    return [path.name for path in cache.rglob("*") if ".partial." in path.name or ".removed." in path.name]


def make_onefile(folder: Path, launcher: Path, output: Path, cache: Path | None = None) -> onefile.Payload:
    return onefile.pack(
        folder,
        entry="probe",
        launcher=launcher,
        output=output,
        level=10,
        jobs=2,
        cache=cache,
        on_progress=lambda _done, _total: None,
    )


@pytest.fixture(scope="module")
def built() -> Iterator[Path]:
    """A folder that others may enter, with launchers and onefiles."""
    root = Path(tempfile.mkdtemp(prefix="tf2exe-test-"))
    root.chmod(0o755)
    sanitized = ["gcc", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    checked = onefile.launcher_command(sanitized, zstd(), root / "sanitized", debug=True)
    commands = [
        onefile.launcher_command(["gcc"], zstd(), root / "launcher"),
        ["-O0" if argument == "-O2" else argument for argument in checked],  # compiles in half the time
    ]
    (root / "probe.c").write_text(PROBE)
    small = root / "small"
    (small / "lib" / "empty").mkdir(parents=True)
    compiling = [subprocess.Popen(command) for command in commands]
    subprocess.run(["gcc", root / "probe.c", "-o", small / "probe"], check=True)
    (small / "lib" / "word.txt").write_text("word")
    (small / "lib" / "nothing.txt").write_text("")
    (small / "lib" / "link.txt").symlink_to("word.txt")
    (small / "täst ü.txt").write_text("name")
    shutil.copytree(small, root / "large", symlinks=True)
    block = random.Random(1).randbytes(1 << 20)  # noqa: S311
    (root / "large" / "lib" / "large.bin").write_bytes(block * 80)
    assert [process.wait() for process in compiling] == [0, 0]
    for name in ("small", "large"):
        (root / "bin" / name).mkdir(parents=True)
        make_onefile(root / name, root / "launcher", root / "bin" / name / "probe")
    yield root
    shutil.rmtree(root)


@pytest.fixture
def probe(built: Path) -> Path:
    return built / "bin" / "small" / "probe"


@pytest.fixture
def large(built: Path) -> Path:
    return built / "bin" / "large" / "probe"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_own_sources_compile_without_warnings(tmp_path: Path) -> None:
    sources = [name for name in (*onefile.SOURCES, "posix.c") if name != "decoder.c"]
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-std=c11", "-O2", "-isystem", str(zstd()), "-c"]
    subprocess.run(
        ["gcc", *strict, *(onefile.LAUNCHERS / name for name in sources)], cwd=tmp_path, check=True
    )


def test_both_sides_have_the_same_constants() -> None:
    sources = ("payload.c", "payload.h", "filter.h", "blake2b.h")
    code = "".join((onefile.LAUNCHERS / name).read_text() for name in sources)
    names = "FORMAT_VERSION|(?:FOOTER|HEADER|REGION|ENTRY|MAGIC|HASH)_SIZE|LARGEST_(?:PATH|NAME|ROW)"
    found = {
        name: int(value) for name, value in re.findall(rf"\b({names}|KIND_\w+|FILTER_\w+) = (\d+)", code)
    }
    assert found == {
        "FORMAT_VERSION": payload.VERSION,
        "FOOTER_SIZE": payload.FOOTER.size,
        "HEADER_SIZE": payload.HEADER.size,
        "REGION_SIZE": payload.REGION.size,
        "ENTRY_SIZE": payload.ENTRY.size,
        "MAGIC_SIZE": len(payload.MAGIC),
        "LARGEST_PATH": payload.LONGEST_PATH,
        "LARGEST_NAME": payload.LONGEST_NAME,
        "LARGEST_ROW": filters.LONGEST_ROW,
        "HASH_SIZE": payload.HASH_SIZE,
        **{f"KIND_{kind.name}": kind.value for kind in payload.Kind},
        **{f"FILTER_{kind.name}": kind.value for kind in filters.Filter},
    }
    assert "CHUNK_SIZE = 12 + HASH_SIZE" in code
    assert payload.CHUNK.size == 12 + payload.HASH_SIZE
    assert r'"\x89tf2exe\n"' in code


class TestPack:
    def test_same_folder_gives_same_bytes(self, built: Path, tmp_path: Path) -> None:
        first = make_onefile(built / "large", built / "launcher", tmp_path / "a", tmp_path / "chunks")
        second = make_onefile(built / "large", built / "launcher", tmp_path / "b", tmp_path / "chunks")
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
        assert first.cached_chunks < first.chunks
        assert second.cached_chunks == second.chunks > 4
        assert second.raw_size > 80 << 20

    def test_damaged_cache_of_chunks_is_not_believed(self, built: Path, tmp_path: Path) -> None:
        first = make_onefile(built / "small", built / "launcher", tmp_path / "a", tmp_path / "chunks")
        for kept in (tmp_path / "chunks").iterdir():
            kept.write_bytes(kept.read_bytes()[:-1] + b"x")
        second = make_onefile(built / "small", built / "launcher", tmp_path / "b", tmp_path / "chunks")
        assert second.cached_chunks == 0
        assert second.sha256 == first.sha256

    def test_least_recently_used_chunks_go(
        self, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chunks, "CACHE_BYTES", 20000)
        (tmp_path / "chunks").mkdir()
        (tmp_path / "chunks" / "old").write_bytes(bytes(19999))
        os.utime(tmp_path / "chunks" / "old", (1, 1))
        make_onefile(built / "small", built / "launcher", tmp_path / "a", tmp_path / "chunks")
        assert not (tmp_path / "chunks" / "old").exists()
        assert list((tmp_path / "chunks").iterdir())

    def test_change_of_the_application_leaves_carried_chunks_alone(self, built: Path, tmp_path: Path) -> None:
        folder = tmp_path / "folder"
        shutil.copytree(built / "large", folder, symlinks=True)
        make_onefile(folder, built / "launcher", tmp_path / "a", tmp_path / "chunks")
        (folder / "main.txt").write_text("changed")
        second = make_onefile(folder, built / "launcher", tmp_path / "b", tmp_path / "chunks")
        assert second.cached_chunks == second.chunks - 1

    @pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "lib/../../outside"])
    def test_links_to_the_outside_are_refused(self, built: Path, tmp_path: Path, target: str) -> None:
        shutil.copytree(built / "small", tmp_path / "folder", symlinks=True)
        (tmp_path / "folder" / "link").symlink_to(target)
        with pytest.raises(PackageError, match="links to"):
            make_onefile(tmp_path / "folder", built / "launcher", tmp_path / "out" / "probe")
        assert not (tmp_path / "out").exists()

    def test_failure_leaves_nothing(self, built: Path, tmp_path: Path) -> None:
        def break_off(_done: int, _total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            onefile.pack(
                built / "small",
                entry="probe",
                launcher=built / "launcher",
                output=tmp_path / "probe",
                level=3,
                jobs=1,
                cache=None,
                on_progress=break_off,
            )
        assert list(tmp_path.iterdir()) == []

    def test_missing_start_is_an_error(self, built: Path, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        with pytest.raises(PackageError, match="probe cannot be started"):
            make_onefile(tmp_path / "folder", built / "launcher", tmp_path / "probe")


class TestStart:
    def test_unpacks_what_was_packed(self, built: Path, large: Path, cache: Path) -> None:
        assert run(large, cache=cache).out.startswith("word ")
        source, result = built / "large", unpacked(cache)
        names = sorted(path.relative_to(source) for path in source.rglob("*"))
        assert sorted(path.relative_to(result) for path in result.rglob("*")) == names
        for name in names:
            if (source / name).is_file():
                assert (source / name).read_bytes() == (result / name).read_bytes()
        assert (result / "lib" / "link.txt").readlink() == Path("word.txt")
        assert os.access(result / "probe", os.X_OK)
        assert not (result / "lib" / "word.txt").stat().st_mode & 0o177
        assert all(path.stat().st_mode & 0o777 == 0o700 for path in [cache, cache / "probe", result])

    def test_second_start_writes_nothing(self, probe: Path, cache: Path) -> None:
        def state() -> list[tuple[str, int, int]]:
            return [
                (str(path), path.lstat().st_ino, path.lstat().st_ctime_ns)
                for path in sorted(cache.rglob("*"))
            ]

        first = run(probe, cache=cache)
        before = state()
        assert run(probe, cache=cache) == first
        assert state() == before

    def test_streams_arguments_exit_code_and_signals_are_the_programs(self, probe: Path, cache: Path) -> None:
        assert run(probe, "argv", "", "a b", "-ü\n", cache=cache).out == f"{probe}\nargv\n\na b\n-ü\n\n"
        assert run("zero", "argv", cache=cache, executable=probe).out == "zero\nargv\n"
        assert run(probe, "exit", "77", cache=cache).code == 77
        assert run(probe, "kill", cache=cache).code == -signal.SIGTERM
        assert run(probe, "exit", "0", cache=cache) == Finished(0, "", "")

    def test_standard_input_passes_through(self, probe: Path, cache: Path, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("one\ntwo")
        for _ in range(2):
            with (tmp_path / "text").open() as text:
                assert run(probe, "copy", cache=cache, stdin=text).out == "one\ntwo"

    def test_program_learns_its_executable(self, probe: Path, cache: Path) -> None:
        number, text = run(probe, "environment", cache=cache).out.split()
        assert text == f"{number}:{probe}"

    def test_closed_streams_stay_closed_and_the_mask_stays(self, probe: Path, cache: Path) -> None:
        assert run("/bin/sh", "-c", f"exec {probe} open <&- 2>&-", cache=cache).out == "1 "
        assert run("/bin/sh", "-c", f"exec {probe} open", cache=cache).out == "0 1 2 "
        assert run("/bin/sh", "-c", f"umask 027; exec {probe} mask", cache=cache).out == "027\n"

    def test_is_found_however_it_is_called(self, probe: Path, cache: Path, tmp_path: Path) -> None:
        moved = tmp_path / "other name"
        shutil.copy(probe, moved)
        link = tmp_path / "link"
        link.symlink_to(moved)
        relative = f"cd {tmp_path} && exec './other name'"
        vanished = f"mkdir {tmp_path}/d && cd {tmp_path}/d && rmdir {tmp_path}/d && exec '{moved}'"
        for command in (relative, vanished, f"exec {link}", f"PATH={tmp_path} && exec link"):
            assert run("/bin/sh", "-c", command, cache=cache).out.startswith("word "), command
        assert len(list((cache / "probe").glob("*.lock"))) == 1

    @pytest.mark.parametrize("fault", ["longer", "same size", "missing", "mode", "link", "folder", "gone"])
    def test_changed_folder_is_repaired(self, probe: Path, cache: Path, fault: str) -> None:
        run(probe, cache=cache)
        word = unpacked(cache) / "lib" / "word.txt"
        match fault:
            case "longer" | "same size":
                word.write_text("longer" if fault == "longer" else "evil")
            case "missing":
                word.unlink()
            case "mode":
                word.chmod(0o644)
            case "link":
                (unpacked(cache) / "lib" / "link.txt").unlink()
            case "folder":
                (unpacked(cache) / "lib" / "empty").rmdir()
            case _:
                shutil.rmtree(unpacked(cache))
        assert run(probe, cache=cache).out.startswith("word ")
        assert word.read_text() == "word"
        assert (unpacked(cache) / "lib" / "link.txt").is_symlink()
        assert (unpacked(cache) / "lib" / "empty").is_dir()
        assert leftovers(cache) == []

    def test_relative_cache_folder(self, probe: Path, tmp_path: Path) -> None:
        assert run(probe, cache=Path("here"), cwd=tmp_path).code == 0
        assert (tmp_path / "here" / "probe").is_dir()


class TestManyAtOnce:
    def test_twenty_first_starts_unpack_once(self, large: Path, cache: Path) -> None:
        with ThreadPoolExecutor(20) as pool:
            answers = set(pool.map(lambda _: run(large, cache=cache), range(20)))
        assert len(answers) == 1  # the same inode of the program, too
        assert answers.pop().out.startswith("word ")
        assert leftovers(cache) == []

    def test_killed_while_unpacking(self, large: Path, cache: Path) -> None:
        environment = {"TF2EXE_CACHE_DIR": str(cache)}
        cut_off = 0
        for step in range(12):
            process = subprocess.Popen([large], env=environment, stdout=subprocess.PIPE)
            time.sleep(0.004 * step)
            process.kill()
            process.communicate()
            cut_off += bool(leftovers(cache))
            folders = [path for path in cache.glob("probe/*") if re.fullmatch("[0-9a-f]{32}", path.name)]
            assert all((path / "lib" / "large.bin").stat().st_size == 80 << 20 for path in folders)
            shutil.rmtree(cache) if folders else None
        assert cut_off
        assert run(large, cache=cache).out.startswith("word ")
        assert leftovers(cache) == []

    def test_interrupted_while_unpacking_leaves_nothing(self, large: Path, cache: Path) -> None:
        process = subprocess.Popen(
            [large, "wait"], env={"TF2EXE_CACHE_DIR": str(cache)}, stdout=subprocess.PIPE
        )
        while not leftovers(cache):
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == -signal.SIGTERM
        process.communicate()
        assert leftovers(cache) == []

    def test_old_versions_go_unless_they_run(
        self, built: Path, probe: Path, large: Path, cache: Path
    ) -> None:
        process = subprocess.Popen(
            [probe, "wait"], env={"TF2EXE_CACHE_DIR": str(cache)}, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        old = unpacked(cache)
        os.utime(old.with_suffix(".lock"), (1, 1))  # both may start within one tick of the clock
        assert run(large, cache=cache).code == 0
        assert old.is_dir()
        process.kill()
        process.communicate()
        assert make_onefile(built / "small", built / "launcher", probe).identity == old.name
        (built / "small" / "more.txt").write_text("another version")
        make_onefile(built / "small", built / "launcher", cache / "third")
        (built / "small" / "more.txt").unlink()
        assert run(cache / "third", cache=cache).code == 0
        assert not old.exists()
        assert len(list((cache / "probe").glob("*/lib/large.bin"))) == 1  # was used last before the third
        assert len(list((cache / "probe").glob("*/more.txt"))) == 1
        assert len(list((cache / "probe").iterdir())) == 5  # two folders, their locks, the program's lock

    def test_of_the_other_versions_the_one_used_last_stays(
        self, built: Path, probe: Path, cache: Path, tmp_path: Path
    ) -> None:
        versions = {"0": probe}
        for name in "12":
            shutil.copytree(built / "small", tmp_path / name, symlinks=True)
            (tmp_path / name / "version.txt").write_text(name)
            versions[name] = tmp_path / f"probe{name}"
            make_onefile(tmp_path / name, built / "launcher", versions[name])
        for name in "10":
            assert run(versions[name], cache=cache).code == 0
        for lock in (cache / "probe").glob("*.lock"):
            age = 7000 if (lock.with_suffix("") / "version.txt").exists() else 3000
            os.utime(lock, (time.time() - age,) * 2)
        assert run(versions["1"], cache=cache).code == 0  # older, until now
        assert run(versions["2"], cache=cache).code == 0
        found = [path.read_text() for path in (cache / "probe").glob("*/version.txt")]
        assert sorted(found) == ["1", "2"]
        assert len(list((cache / "probe").iterdir())) == 5

    def test_clear_cache(self, probe: Path, cache: Path) -> None:
        run(probe, cache=cache)
        (cache / "probe" / f"{'0' * 32}.lock").touch()  # left by a start that failed
        clear = {"TF2EXE_CLEAR_CACHE": "1"}
        assert run(probe, cache=cache, env=clear) == Finished(0, "probe: removed 1 unpacked version(s)\n", "")
        assert [path.name for path in (cache / "probe").iterdir()] == ["lock"]
        assert run(probe, cache=cache, env=clear).out == "probe: removed 0 unpacked version(s)\n"
        process = subprocess.Popen(
            [probe, "wait"], env={"TF2EXE_CACHE_DIR": str(cache)}, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        assert "kept 1 in use" in run(probe, cache=cache, env=clear).out
        process.kill()
        process.communicate()


class TestCacheFolder:
    @pytest.mark.parametrize("fault", ["link", "file", "writable by others"])
    def test_folder_that_is_not_trusted_is_passed_over(self, probe: Path, tmp_path: Path, fault: str) -> None:
        first, real, second = tmp_path / "first", tmp_path / "real", tmp_path / "second"
        real.mkdir(mode=0o700)
        if fault == "link":
            first.symlink_to(real)
        elif fault == "file":
            first.write_text("")
        else:
            first.mkdir()
            first.chmod(0o777)
        assert run(probe, cache=first, env={"XDG_CACHE_HOME": str(second)}).code == 0
        assert (second / "tf2exe" / "probe").is_dir()
        assert not list(real.iterdir())

    def test_program_folder_that_is_a_link_is_not_followed(self, probe: Path, tmp_path: Path) -> None:
        (tmp_path / "first").mkdir(mode=0o700)
        (tmp_path / "real").mkdir(mode=0o700)
        (tmp_path / "first" / "probe").symlink_to(tmp_path / "real")
        assert run(probe, cache=tmp_path / "first", env={"XDG_CACHE_HOME": str(tmp_path)}).code == 0
        assert not list((tmp_path / "real").iterdir())

    @pytest.mark.skipif(not IS_ROOT, reason="only root can become a user without an entry")
    def test_no_home_no_name_and_read_only_folders(self, built: Path, probe: Path) -> None:
        locked = built / "locked"
        locked.mkdir(mode=0o555, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=built))
        scratch.chmod(0o777)
        environment = {"HOME": "", "TMPDIR": str(scratch)}
        answer = run(
            probe, cache=locked / "cache", env=environment, user=NOBODY, group=NOBODY, extra_groups=[]
        )
        assert answer.code == 0
        assert (scratch / f"tf2exe-{NOBODY}" / "probe").is_dir()

    @pytest.mark.parametrize(
        ("options", "code", "reason"),
        [
            ("size=8k", NO_SPACE, "No space left on device"),
            ("nr_inodes=9", NO_SPACE, "No space left on device"),
            ("noexec", NO_CACHE, "mounted noexec"),
            ("ro", NO_CACHE, "Read-only file system"),
        ],
    )
    def test_file_systems_that_will_not_do(self, probe: Path, options: str, code: int, reason: str) -> None:
        script = (
            f"mount -t tmpfs none /mnt && cp {probe} /mnt/probe || exit 99;"
            f"mount -t tmpfs -o {options} none /tmp || exit 99;"
            "exec /mnt/probe"
        )
        unshare = shutil.which("unshare")
        inner = Path("/tmp/c")  # noqa: S108
        answer = run(unshare or "false", "-rm", "/bin/sh", "-c", script, cache=inner, env={"TMPDIR": ""})
        if unshare is None or answer.code in {1, 99}:
            pytest.skip("no mount namespaces here")
        assert answer.code == code, answer
        assert re.fullmatch(r"probe: nowhere to unpack the program: .*; .*TF2EXE_CACHE_DIR .*\n", answer.err)
        assert reason in answer.err


class TestDamage:
    """Every byte behind the launcher is covered by a hash or a comparison."""

    def cases(self, built: Path) -> tuple[bytes, int]:
        make_onefile(built / "small", built / "sanitized", built / "fuzz")
        return (built / "fuzz").read_bytes(), (built / "sanitized").stat().st_size

    def outcomes(self, datas: list[bytes], tmp_path: Path) -> list[Finished]:
        def start(number: int) -> Finished:
            program = tmp_path / f"p{number}" / "probe"
            program.parent.mkdir()
            descriptor = os.open(program, os.O_WRONLY | os.O_CREAT, 0o700)
            with os.fdopen(descriptor, "wb") as file:
                file.write(datas[number])
            answer = run_when_closed(program, tmp_path / f"c{number}")
            program.unlink()
            return answer

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(start, range(len(datas))))

    def test_flipped_bits_and_truncation(self, built: Path, tmp_path: Path) -> None:
        whole, start = self.cases(built)
        chance = random.Random(7)  # noqa: S311
        size = len(whole)
        places = [chance.randrange(start, size) for _ in range(90)]
        places += [chance.randrange(size - 600, size) for _ in range(60)] + list(range(size - 56, size, 2))
        datas = []
        for place in places:
            data = bytearray(whole)
            data[place] ^= 1 << chance.randrange(8)
            datas.append(bytes(data))
        datas += [whole[:length] for length in [start, start + 1, size - 1, size - 56, size - 57]]
        datas += [whole[: chance.randrange(start, size)] for _ in range(40)] + [whole + b"x"]
        for answer in self.outcomes(datas, tmp_path):
            assert answer.code == DAMAGED, answer
            assert answer.out == ""
            assert re.fullmatch(
                r"probe: the executable is damaged: [^\n]+; copy or download it again\n", answer.err
            )

    def test_forged_indexes(self, built: Path, tmp_path: Path) -> None:
        whole, _ = self.cases(built)
        _, _, position, stored, _, _ = payload.FOOTER.unpack(whole[-payload.FOOTER.size :])
        raw = zstandard.decompress(whole[position : position + stored])
        chance = random.Random(9)  # noqa: S311

        def forge(index: bytes) -> bytes:
            data = zstandard.compress(index)
            return whole[:position] + data + payload.footer(position, data, len(index))

        def spoil() -> bytes:
            index = bytearray(raw)
            for _ in range(chance.randrange(1, 4)):
                index[chance.randrange(len(index))] = chance.choice(
                    [0, 1, 255, 46, 47, chance.randrange(256)]
                )
            return bytes(index[: chance.choice([len(index), chance.randrange(len(index))])])

        bad = [
            (b"lib/word.txt", b"../cac/w.txt"),
            (b"lib/word.txt", b"/tmp/wor.txt"),
            (b"word.txt\0", b"../../../\0"),
        ]
        datas = [forge(raw.replace(old, new)) for old, new in bad]
        answers = self.outcomes([*datas, *(forge(spoil()) for _ in range(100)), forge(raw)], tmp_path)
        assert [answer.code for answer in answers[:3]] == [DAMAGED] * 3
        assert answers[-1].out.startswith("word ")
        for answer in answers:
            assert answer.code in {0, 9, DAMAGED, NO_CACHE, NO_SPACE}, answer
            assert "anitizer" not in answer.err
            assert "runtime error" not in answer.err

    def test_forged_regions(self, built: Path, tmp_path: Path) -> None:
        whole, _ = self.cases(built)
        _, _, position, stored, _, _ = payload.FOOTER.unpack(whole[-payload.FOOTER.size :])
        raw = zstandard.decompress(whole[position : position + stored])
        _, count, regions, name, start = payload.HEADER.unpack_from(raw)
        chunks_at = payload.HEADER.size + name + start + 2
        place = chunks_at + count * payload.CHUNK.size
        described = payload.CHUNK.iter_unpack(raw[chunks_at:place])
        chunks_at, size = next(
            (chunks_at + number * payload.CHUNK.size, size)
            for number, (_, size, inside, _) in enumerate(described)
            if inside >= 2
        )
        offset, length, kind, row = payload.REGION.unpack_from(raw, place)
        forged = [
            (size, length, kind, row),
            (size + 1, 0, kind, row),
            (offset, size - offset + 1, kind, row),
            (offset, size - offset, kind, row),  # overlaps the next one
            (offset, 0xFFFFFFFF, kind, row),
            (0xFFFFFFFF, 2, kind, row),
            *((offset, length, wrong, 0) for wrong in (0, 2, 3, 4, 0xFFFF)),
            *((offset, length, 2, wrong) for wrong in (1, 6, 68, 0xFFFC)),
            (offset, length, 1, 4),
        ]
        indexes = [
            raw[:place] + payload.REGION.pack(*fields) + raw[place + payload.REGION.size :]
            for fields in forged
        ]
        for wrong in (0, regions - 1, regions + 1, 0xFFFFFFFF):
            indexes.append(raw[:8] + wrong.to_bytes(4, "little") + raw[12:])
            indexes.append(raw[: chunks_at + 8] + wrong.to_bytes(4, "little") + raw[chunks_at + 12 :])
        datas = []
        for index in indexes:
            data = zstandard.compress(index)
            datas.append(whole[:position] + data + payload.footer(position, data, len(index)))
        for answer in self.outcomes(datas, tmp_path):
            assert answer.code == DAMAGED, answer
            assert "table of contents makes no sense" in answer.err

    def test_sanitized_launcher_finds_nothing_in_a_sound_life(self, built: Path, tmp_path: Path) -> None:
        make_onefile(built / "large", built / "sanitized", tmp_path / "probe")
        for _ in range(2):
            answer = run(tmp_path / "probe", cache=tmp_path / "cache")
            assert (answer.code, answer.err) == (0, "")
        (unpacked(tmp_path / "cache") / "lib" / "word.txt").unlink()
        assert run(tmp_path / "probe", cache=tmp_path / "cache").err == ""
        assert run(tmp_path / "probe", cache=tmp_path / "cache", env={"TF2EXE_CLEAR_CACHE": "1"}).err == ""


def run_when_closed(program: Path, cache: Path) -> Finished:
    """Another thread's fork may hold the file open for writing for a moment."""
    for _ in range(100):
        try:
            return run(program, cache=cache)
        except OSError as error:
            if error.errno != 26:
                raise
            time.sleep(0.01)
    raise AssertionError(program)


def test_hash_is_blake2b(tmp_path: Path) -> None:
    code = '#include "blake2b.h"\n#include <stdio.h>\nint main(void){static unsigned char b[400],h[16];'
    code += "for(int i=0;i<400;i++)b[i]=(unsigned char)i;for(int n=0;n<400;n++){hash_bytes(b,(size_t)n,h);"
    code += 'for(int i=0;i<16;i++)printf("%02x",h[i]);puts("");}}'
    (tmp_path / "hash.c").write_text(code)
    folder = onefile.LAUNCHERS
    sources = [tmp_path / "hash.c", folder / "blake2b.c"]
    subprocess.run(["gcc", "-I", folder, *sources, "-o", tmp_path / "hash"], check=True)
    answer = subprocess.run([tmp_path / "hash"], capture_output=True, text=True, check=True).stdout.split()
    data = bytes(i % 256 for i in range(400))
    assert answer == [payload.digest(data[:length]).hex() for length in range(400)]
