"""Real executables, each built once per session and shared between the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = CHECKOUT / "tests" / "programs"
PHOTOS = CHECKOUT / "assets" / "samples"
MODEL = CHECKOUT / "assets" / "model" / "efficientnet_lite0.keras"
SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("build")


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
    """Builds programs of `tests/programs` and the bundled classifier."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.built: dict[str, Built] = {}
        self.failed: dict[str, str] = {}

    def python(self, *arguments: str, cwd: Path, stdin: bytes = b"", **variables: str) -> Answer:
        """The same in Python, with only the source on the path."""
        env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "src"), "LANG": "C.UTF-8", **variables}
        return run([sys.executable, *arguments], cwd=cwd, env=env, stdin=stdin)

    def tf2exe(self, *arguments: str, cwd: Path) -> Answer:
        return self.python("-m", "tf2exe", *arguments, cwd=cwd)

    def program(self, name: str, *options: str, files: dict[str, Path] | None = None, mode: str) -> Built:
        """Builds a copy of a program, unmodified, beside the files that it looks for."""
        key = f"{name} {mode} {options}"
        if key not in self.built:
            self._refuse_again(key)
            source = self.folder / f"source-{len(self.built)}-{len(self.failed)}" / name
            shutil.copytree(PROGRAMS / name, source)
            for place, file in (files or {}).items():
                (source / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, source / place)
            script = next(path.name for path in sorted(source.glob("run*.py")))
            answer = self.tf2exe(
                "build", script, "--mode", mode, *self._folders(), "--name", name, *options, cwd=source
            )
            self._succeeded(key, answer)
            self.built[key] = self._found(name, mode, source)
        return self.built[key]

    def classifier(self, mode: str) -> Built:
        """The bundled application, by the script that the README names."""
        if mode not in self.built:
            self._refuse_again(mode)
            script = str(CHECKOUT / "scripts" / "build_nuitka.py")
            answer = run(
                [sys.executable, script, "--mode", mode, *self._folders(mode)],
                cwd=self.folder,
                env=dict(os.environ),
            )
            self._succeeded(mode, answer)
            self.built[mode] = self._found("image-classifier", mode, CHECKOUT, mode)
        return self.built[mode]

    def _refuse_again(self, key: str) -> None:
        """A build that failed once is not tried for each test that wants it."""
        if key in self.failed:
            pytest.fail(f"the build failed already: {self.failed[key][-300:]}", pytrace=False)

    def _succeeded(self, key: str, answer: Answer) -> None:
        if answer.exit_code:
            self.failed[key] = answer.stderr.decode()
            pytest.fail(self.failed[key], pytrace=False)

    def _folders(self, part: str = "programs") -> list[str]:
        return ["--output-dir", str(self.folder / "out" / part), "--build-dir", str(self.folder / "build")]

    def _found(self, name: str, mode: str, source: Path, part: str = "programs") -> Built:
        program = self.folder / "out" / part / name
        program = program / name if mode == "standalone" else program
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return Built(program, self.folder / "build" / name, source, home)


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("executables"))


@pytest.fixture(scope="session", params=["standalone", "onefile"])
def classifier(request: pytest.FixtureRequest, builder: Builder) -> Built:
    return builder.classifier(request.param)
