"""Real executables, each built once per session and shared between the tests and between the workers."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from build_cache import Once, digest
from tf2exe.samples import runner

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = CHECKOUT / "tests" / "programs"
SECONDS = 900


@dataclass(frozen=True)
class Answer:
    exit_code: int
    stdout: bytes
    stderr: bytes


def run(command: list[str], *, cwd: Path, env: dict[str, str] | None = None, stdin: bytes = b"") -> Answer:
    done = subprocess.run(
        command, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=SECONDS, check=False
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Built:
    """An executable with what its build left behind."""

    program: Path
    build: Path
    source: Path
    home: Path

    def run(self, *arguments: str, cwd: Path | None = None, stdin: bytes = b"", **variables: str) -> Answer:
        """As on a machine without Python: nothing of this environment is inherited."""
        env = {"PATH": "/nowhere", "HOME": str(self.home), "LANG": "C.UTF-8", **variables}
        return run([str(self.program), *arguments], cwd=cwd or self.home, env=env, stdin=stdin)


class Builder:
    """Builds programs of `tests/programs` and the bundled classifier, each once per session.

    Attributes:
        folder: of the session, the same for all workers.
        once: makes anything else that tests share.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.once = Once(folder)

    def python(self, *arguments: str, cwd: Path, stdin: bytes = b"", **variables: str) -> Answer:
        """The same in Python, with only the source on the path."""
        own = {key: value for key, value in os.environ.items() if key not in runner.TERMINAL_VARIABLES}
        env = {**own, "PYTHONPATH": str(CHECKOUT / "src"), "LANG": "C.UTF-8", **variables}
        return run([sys.executable, *arguments], cwd=cwd, env=env, stdin=stdin)

    def expected(self, *arguments: str, cwd: Path, stdin: bytes = b"", **variables: str) -> Answer:
        """What Python answers, asked once: for commands that write nothing, in a folder of the session."""

        def ask(folder: Path) -> None:
            answer = self.python(*arguments, cwd=cwd, stdin=stdin, **variables)
            (folder / "exit_code").write_text(str(answer.exit_code), encoding="ascii")
            (folder / "stdout").write_bytes(answer.stdout)
            (folder / "stderr").write_bytes(answer.stderr)

        said = self.once.make(f"python {arguments} {cwd} {digest(stdin.hex())} {variables}", ask)
        return Answer(
            int((said / "exit_code").read_text(encoding="ascii")),
            (said / "stdout").read_bytes(),
            (said / "stderr").read_bytes(),
        )

    def tf2exe(self, *arguments: str, cwd: Path) -> Answer:
        return self.python("-m", "tf2exe", *arguments, cwd=cwd)

    def program(self, name: str, *options: str, files: dict[str, Path] | None = None, mode: str) -> Built:
        """Builds a copy of a program, unmodified, beside the files that it looks for."""

        def copy(source: Path) -> None:
            shutil.copytree(PROGRAMS / name, source, dirs_exist_ok=True)
            for name_there, file in (files or {}).items():
                (source / name_there).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, source / name_there)

        def build(folder: Path) -> None:
            script = next(path.name for path in sorted(source.glob("run*.py")))
            command = ["build", script, "--mode", mode, "--name", name, *self.folders(folder), *options]
            _succeeded(self.tf2exe(*command, cwd=source))

        source = self.once.make(f"source {name} {files or ''}", copy)
        folder = self.once.make(f"{name} {mode} {options} {files or ''}", build)
        return _found(folder, name, mode, source)

    def classifier(self, mode: str, *options: str) -> Built:
        """The bundled application, by the script that the README names."""

        def build(folder: Path) -> None:
            script = str(CHECKOUT / "scripts" / "build_nuitka.py")
            command = [sys.executable, script, "--mode", mode, *self.folders(folder), *options]
            _succeeded(run(command, cwd=folder, env=dict(os.environ)))

        folder = self.once.make(f"classifier {mode} {options}", build)
        return _found(folder, "image-classifier", mode, CHECKOUT)

    def folders(self, folder: Path) -> list[str]:
        """The options for `dist` and `build` in a folder; all builds share what they carry."""
        carried = self.folder / "carried"
        carried.mkdir(exist_ok=True)
        (folder / "build").mkdir(exist_ok=True)
        with contextlib.suppress(OSError):  # Windows allows links to few
            (folder / "build" / ".bundled").symlink_to(carried, target_is_directory=True)
        return ["--output-dir", str(folder / "dist"), "--build-dir", str(folder / "build")]

    @staticmethod
    def running_in(folder: Path) -> list[str]:
        """The command lines of processes whose working folder is in there."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").readlink().is_relative_to(folder):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # it has ended, or is not ours
                continue
        return found


def _succeeded(answer: Answer) -> None:
    """The line that says why stands first: summaries show no more."""
    if answer.exit_code:
        lines = answer.stderr.decode(errors="replace").splitlines()
        why = [line for line in lines if line.startswith("tf2exe: ")] or lines[-1:]
        text = "\n".join([*why, f"exit code {answer.exit_code}, after:", *lines[-12:]])
        pytest.fail(text[:3000], pytrace=False)


def _found(folder: Path, name: str, mode: str, source: Path) -> Built:
    """Each executable has a home of its own: what one unpacks there, no test of another one sees."""
    program = folder / "dist" / name
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return Built(program / name if mode == "standalone" else program, folder / "build" / name, source, home)
