"""Beside PyInstaller: the baseline answers like Python, and an imported spec builds the same program."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.build.conftest import PROGRAMS, run

if TYPE_CHECKING:
    from tests.build.conftest import Answer, Builder

SAMPLE = ("--sample", "plain")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frozen-paths")
    shutil.copytree(PROGRAMS / "frozen_paths", folder, dirs_exist_ok=True)
    return folder


def start(program: Path, *arguments: str) -> Answer:
    return run([str(program), *arguments], cwd=program.parent, env={"PATH": "/nowhere", "LANG": "C.UTF-8"})


@pytest.fixture(scope="module")
def imported(builder: Builder, source: Path) -> Path:
    """What tf2exe builds from the spec."""
    answer = builder.tf2exe("import-spec", "app.spec", cwd=source)
    assert answer.exit_code == 0, answer.stderr.decode()
    assert b"tkinter: the standard library travels whole" in answer.stderr
    answer = builder.tf2exe("build", *SAMPLE, cwd=source)
    assert answer.exit_code == 0, answer.stderr.decode()
    return source / "dist" / "frozen-paths"


@pytest.mark.parametrize("arguments", [(), ("plain",), ("plain", "loud"), ("missing",)])
def test_an_imported_spec_builds_the_same_program(
    builder: Builder, source: Path, imported: Path, spec_built: Path, arguments: tuple[str, ...]
) -> None:
    python = builder.python("run.py", *arguments, cwd=source)
    ours, theirs = start(imported, *arguments), start(spec_built, *arguments)
    assert ours.stdout == theirs.stdout == python.stdout
    assert ours.exit_code == theirs.exit_code == python.exit_code
    assert ours.stdout.startswith(b"['four', 'plain', 'words', 'here']\n")
    if arguments != ("missing",):
        assert ours.stdout.endswith(b"[0, 1, 4, 9]\n")


@pytest.fixture(scope="module")
def spec_built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What PyInstaller builds from the same spec."""
    folder = tmp_path_factory.mktemp("pyinstaller")
    places = ["--distpath", str(folder / "dist"), "--workpath", str(folder / "work")]
    answer = run([sys.executable, "-m", "PyInstaller", *places, "app.spec"], cwd=source)
    assert answer.exit_code == 0, answer.stderr.decode()
    return folder / "dist" / "frozen-paths"


def test_without_compat_the_program_takes_its_python_branch(builder: Builder, imported: Path) -> None:
    assert (imported.parent.parent / "pyproject.toml").read_text().count("pyinstaller-compat = true") == 1
    built = builder.program("frozen_paths", *SAMPLE, "--include-module", "plugins.loud", mode="standalone")
    assert built.run("loud").stdout.startswith(b"['four', 'plain', 'words', 'here']\n")
    assert not (built.program.parent / "data").exists()


@pytest.mark.parametrize("options", [("--mode", "standalone"), ("--mode", "onefile", "--tuned")])
def test_the_baseline_answers_like_python(builder: Builder, tmp_path: Path, options: tuple[str, ...]) -> None:
    source = tmp_path / "program"
    shutil.copytree(PROGRAMS / "frozen_paths", source)
    # The data file lies where the frozen branch of the program looks for it.
    given = ["run.py", *options, *SAMPLE, "--data", "texts/words.txt=data/", "--name", "frozen-paths"]
    answer = builder.tf2exe("baseline", *given, "--json", cwd=source)
    assert answer.exit_code == 0, answer.stderr.decode()
    record = json.loads(answer.stdout)
    assert record["parity"] == [{"sample": "plain", "same": True, "difference": None}]
    assert record["tuned"] is ("--tuned" in options)
    assert record["seconds"]["pyinstaller"] > 0
    assert record["size"] > 5e6
    assert start(Path(record["executable"]), "plain").exit_code == 0
