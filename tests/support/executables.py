"""Builds real executables, each once per session, and runs them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from build_cache import BuildCache, short_hash
from tf2exe.samples import runner

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = CHECKOUT / "tests" / "programs"
TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class ProgramResult:
    """The result of a run, comparable between Python and an executable."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def run(
    command: list[str], *, cwd: Path, env: dict[str, str] | None = None, stdin: bytes = b""
) -> ProgramResult:
    """Runs a command to its end."""
    done = subprocess.run(
        command, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
    )
    return ProgramResult(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Executable:
    """An executable and the files of its build.

    Attributes:
        program: The file to start.
        build: The build folder, with plan.json, manifest.json and report.json.
        source: The folder of the Python program.
        home: The home directory of its runs. No other executable uses it.
    """

    program: Path
    build: Path
    source: Path
    home: Path

    def run(
        self, *arguments: str, cwd: Path | None = None, stdin: bytes = b"", **variables: str
    ) -> ProgramResult:
        """Runs it as on a machine without Python: it inherits no environment variable of the tests."""
        env = {"PATH": "/nowhere", "HOME": str(self.home), "LANG": "C.UTF-8", **variables}
        return run([str(self.program), *arguments], cwd=cwd or self.home, env=env, stdin=stdin)


class Builder:
    """Builds programs of `tests/programs` and the bundled classifier, each once per session.

    Attributes:
        folder: The folder of the session, which all workers share.
        cache: Makes other files that tests share.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = BuildCache(folder)

    def python(self, *arguments: str, cwd: Path, stdin: bytes = b"", **variables: str) -> ProgramResult:
        """Runs Python with the source of tf2exe and the classifier on its path."""
        inherited = {key: value for key, value in os.environ.items() if key not in runner.TERMINAL_VARIABLES}
        env = {**inherited, "PYTHONPATH": str(CHECKOUT / "src"), "LANG": "C.UTF-8", **variables}
        return run([sys.executable, *arguments], cwd=cwd, env=env, stdin=stdin)

    def expected(self, *arguments: str, cwd: Path, stdin: bytes = b"", **variables: str) -> ProgramResult:
        """The result of a Python command, which runs once per session.

        Only for commands that write no files, in a folder that lasts for the session.
        """

        def run_python(folder: Path) -> None:
            result = self.python(*arguments, cwd=cwd, stdin=stdin, **variables)
            (folder / "exit_code").write_text(str(result.exit_code), encoding="ascii")
            (folder / "stdout").write_bytes(result.stdout)
            (folder / "stderr").write_bytes(result.stderr)

        name = f"python {arguments} {cwd} {short_hash(stdin.hex())} {variables}"
        kept = self.cache.get_or_make(name, run_python)
        return ProgramResult(
            int((kept / "exit_code").read_text(encoding="ascii")),
            (kept / "stdout").read_bytes(),
            (kept / "stderr").read_bytes(),
        )

    def tf2exe(self, *arguments: str, cwd: Path) -> ProgramResult:
        """Runs a command of tf2exe."""
        return self.python("-m", "tf2exe", *arguments, cwd=cwd)

    def program(
        self, name: str, *options: str, files: dict[str, Path] | None = None, mode: str
    ) -> Executable:
        """Builds a copy of a program, with more files next to it.

        Args:
            name: A folder of `tests/programs`.
            options: For `tf2exe build`.
            files: By their path in the program's folder.
            mode: standalone or onefile.
        """

        def copy(source: Path) -> None:
            shutil.copytree(PROGRAMS / name, source, dirs_exist_ok=True)
            for destination, file in (files or {}).items():
                (source / destination).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, source / destination)

        def build(folder: Path) -> None:
            script = next(path.name for path in sorted(source.glob("run*.py")))
            command = ["build", script, "--mode", mode, "--name", name, *self.folder_options(folder)]
            _check_exit_code(self.tf2exe(*command, *options, cwd=source))

        source = self.cache.get_or_make(f"source {name} {files or ''}", copy)
        folder = self.cache.get_or_make(f"{name} {mode} {options} {files or ''}", build)
        return _locate(folder, name, mode, source)

    def classifier(self, mode: str, *options: str) -> Executable:
        """Builds the bundled application with the script that the README names."""

        def build(folder: Path) -> None:
            script = str(CHECKOUT / "scripts" / "build_nuitka.py")
            command = [sys.executable, script, "--mode", mode, *self.folder_options(folder), *options]
            _check_exit_code(run(command, cwd=folder, env=dict(os.environ)))

        folder = self.cache.get_or_make(f"classifier {mode} {options}", build)
        return _locate(folder, "image-classifier", mode, CHECKOUT)

    def folder_options(self, folder: Path) -> list[str]:
        """The options that put `dist` and `build` into a folder. All builds share one layer cache."""
        layers = self.folder / "layers"
        layers.mkdir(exist_ok=True)
        (folder / "build").mkdir(exist_ok=True)
        with contextlib.suppress(OSError):  # on Windows, few users may create links
            (folder / "build" / ".bundled").symlink_to(layers, target_is_directory=True)
        return ["--output-dir", str(folder / "dist"), "--build-dir", str(folder / "build")]

    @staticmethod
    def processes_in(folder: Path) -> list[str]:
        """The command lines of processes whose working directory is in a folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").readlink().is_relative_to(folder):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has ended, or belongs to another user
                continue
        return found


def _check_exit_code(result: ProgramResult) -> None:
    """Fails if a build has failed. The reason is on the first line, because summaries show no more."""
    if result.exit_code:
        lines = result.stderr.decode(errors="replace").splitlines()
        reasons = [line for line in lines if line.startswith("tf2exe: ")] or lines[-1:]
        text = "\n".join([*reasons, f"exit code {result.exit_code}, after:", *lines[-12:]])
        pytest.fail(text[:3000], pytrace=False)


def _locate(folder: Path, name: str, mode: str, source: Path) -> Executable:
    """Each executable has its own home, so no test sees files that another executable has unpacked."""
    program = folder / "dist" / name
    home = folder / "home"
    home.mkdir(exist_ok=True)
    if mode == "standalone":
        program /= name
    return Executable(program, folder / "build" / name, source, home)
