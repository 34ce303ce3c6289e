"""Onefiles of small folders, with real launchers that are compiled once per session."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.launcher import launcher_command
from tf2exe.onefile.pack import PackedOnefile, pack_onefile

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
IDENTITY = re.compile("[0-9a-f]{32}")
TEXT_FILE_BUSY = 26


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Bench:
    """Launchers and onefiles in a folder that other users can enter.

    The folders `small` and `large` (80 MB more) are packed as `bin/small/probe` and `bin/large/probe`.
    """

    root: Path

    @property
    def small(self) -> Path:
        return self.root / "bin" / "small" / "probe"

    @property
    def large(self) -> Path:
        return self.root / "bin" / "large" / "probe"

    @staticmethod
    def environment(cache: Path | None, env: dict[str, str] | None = None) -> dict[str, str]:
        """The environment of a start: only the given cache folder is usable, and sanitizers report errors."""
        place = {} if cache is None else {"TF2EXE_CACHE_DIR": str(cache)}
        nowhere = {"PATH": "/usr/bin:/bin", "HOME": "/dev/null/home", "TMPDIR": "/dev/null/tmp"}
        return {**nowhere, "ASAN_OPTIONS": "detect_leaks=0", **place, **(env or {})}

    @property
    def impatient(self) -> Path:
        """Like `small`, but waits only two seconds for another start that has no heartbeat."""
        return self.root / "bin" / "impatient" / "probe"

    def start(self, program: Path, *arguments: str, cache: Path, **env: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [program, *arguments],
            env=self.environment(cache, env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @contextmanager
    def watched(self, program: Path, cache: Path) -> Iterator[None]:
        """Runs a program that reads an unpacked file repeatedly; fails if it is ever missing or wrong."""
        command, env = [str(program), "watch"], self.environment(cache)
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield
            process.stdin.close()
            assert process.wait(60) == 0

    @contextmanager
    def stopped_while_unpacking(self, cache: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Suspends (SIGSTOP) a first start of `large` that has unpacked half of it."""
        at = self.calls(self.large, cache.with_name("counting")) // 2
        with self.start(self.large, *arguments, cache=cache, **self.fault(at, "STOP")) as process:
            try:
                os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
                assert self.leftovers(cache)
                yield process
            finally:
                process.send_signal(signal.SIGCONT)

    def fault(self, at: int, fault: str) -> dict[str, str]:
        """The variables that inject a fault at a system call, see launcher_faults.c."""
        return {"LD_PRELOAD": str(self.faults), "FAULT_AT": str(at), "FAULT": fault}

    @property
    def faults(self) -> Path:
        return self.root / "faults.so"

    def calls(self, program: Path, cache: Path) -> int:
        """The number of system calls of a start without faults."""
        counted = self.root / f"{cache.parent.name}-count"
        env = {**self.fault(0, "0"), "FAULT_COUNT": str(counted)}
        assert self.run(program, cache=cache, env=env).out.startswith("word ")
        return int(counted.read_text())

    def run(
        self,
        program: Path | str,
        *arguments: str,
        cache: Path | None,
        env: dict[str, str] | None = None,
        **more: Any,  # noqa: ANN401 - arguments of subprocess.run
    ) -> Finished:
        for _ in range(200):
            try:
                done = subprocess.run(
                    [program, *arguments],
                    env=self.environment(cache, env),
                    capture_output=True,
                    timeout=60,
                    check=False,
                    **{"stdin": subprocess.DEVNULL, **more},
                )
            except OSError as error:  # a fork of another thread may briefly hold it open for writing
                if error.errno != TEXT_FILE_BUSY:
                    raise
                time.sleep(0.01)
            else:
                return Finished(
                    done.returncode, *(text.decode(errors="replace") for text in (done.stdout, done.stderr))
                )
        raise AssertionError(program)

    def make(
        self, folder: Path, output: Path, cache: Path | None = None, *, launcher: str = "launcher"
    ) -> PackedOnefile:
        return pack_onefile(
            folder,
            start="probe",
            launcher=self.root / launcher,
            output=output,
            compressor=ChunkCompressor(10, 2, cache),
            on_progress=lambda _done, _total: None,
        )

    def version(self, name: str, folder: Path) -> Path:
        """Packs another version of the program: a onefile with a different identity."""
        shutil.copytree(self.root / "small", folder / f"source-{name}", symlinks=True)
        (folder / f"source-{name}" / "version.txt").write_text(name)
        self.make(folder / f"source-{name}", folder / name / "probe")
        return folder / name / "probe"

    @staticmethod
    def unpacked(cache: Path) -> Path:
        (folder,) = (path for path in (cache / "probe").iterdir() if IDENTITY.fullmatch(path.name))
        return folder

    @staticmethod
    def leftovers(cache: Path) -> list[str]:
        return [
            path.name for path in cache.rglob("*") if ".partial." in path.name or ".removed." in path.name
        ]


def zstd() -> Path:
    spec = find_spec("nuitka")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "build" / "inline_copy" / "zstd"


def make_bench(root: Path) -> Bench:
    """Compiles the launchers in an empty folder, and packs the onefiles."""
    small = root / "small"
    (small / "lib" / "empty").mkdir(parents=True)
    _compile(root)
    (small / "lib" / "word.txt").write_text("word")
    (small / "lib" / "nothing.txt").write_text("")
    (small / "lib" / "link.txt").symlink_to("word.txt")
    (small / "täst ü.txt").write_text("name")
    shutil.copytree(small, root / "large", symlinks=True)
    block = random.Random(1).randbytes(1 << 20)  # noqa: S311
    (root / "large" / "lib" / "large.bin").write_bytes(block * 80)
    made = Bench(root)
    for name in ("small", "large"):
        made.make(root / name, root / "bin" / name / "probe")
    made.make(root / "small", made.impatient, launcher="impatient")
    return made


def _compile(root: Path) -> None:
    """Compiles in parallel: three launchers, the program that they start, and the fault injector."""
    sanitized = ["gcc", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    checked = launcher_command(sanitized, zstd(), root / "sanitized")
    impatient = launcher_command(["gcc", "-DPOLLS_WITHOUT_HEARTBEAT=100"], zstd(), root / "impatient")
    commands = [
        launcher_command(["gcc"], zstd(), root / "launcher"),
        ["-O1" if argument == "-O2" else argument for argument in checked],
        ["-O0" if argument == "-O2" else argument for argument in impatient],
        ["gcc", str(HERE / "launcher_probe.c"), "-o", str(root / "small" / "probe")],
        ["gcc", "-shared", "-fPIC", str(HERE / "launcher_faults.c"), "-o", str(root / "faults.so"), "-ldl"],
    ]
    assert [process.wait() for process in [subprocess.Popen(command) for command in commands]] == [0] * 5
