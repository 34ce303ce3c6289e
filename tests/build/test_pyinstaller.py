"""PyInstaller: the baseline matches Python, and an imported spec file builds the same program."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from executables import Builder, ProgramResult

PROGRAM = Path(__file__).resolve().parents[1] / "programs" / "frozen_paths"
SAMPLE = ("--sample", "plain")


def run_program(program: Path, *arguments: str) -> tuple[int, bytes]:
    env = {"PATH": "/nowhere", "HOME": str(program.parent), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [program, *arguments], cwd=program.parent, env=env, capture_output=True, timeout=120, check=False
    )
    return done.returncode, done.stdout


def assert_success(answer: ProgramResult) -> bytes:
    if answer.exit_code:
        pytest.fail(answer.stderr.decode(), pytrace=False)
    return answer.stderr


@pytest.fixture
def imported(builder: Builder) -> Path:
    """A folder with the program, and its executable that tf2exe built from the spec file."""

    def make(folder: Path) -> None:
        shutil.copytree(PROGRAM, folder, dirs_exist_ok=True)
        said = assert_success(builder.tf2exe("import-spec", "app.spec", cwd=folder))
        assert b"tkinter: it is bundled only if the program imports it" in said
        assert_success(builder.tf2exe("build", *SAMPLE, cwd=folder))

    return builder.cache.get_or_make("frozen_paths imported", make)


@pytest.fixture
def spec_built(builder: Builder) -> Path:
    """The executable that PyInstaller builds from the same spec file."""

    def make(folder: Path) -> None:
        shutil.copytree(PROGRAM, folder, dirs_exist_ok=True)
        command = [sys.executable, "-m", "PyInstaller", "app.spec"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr.decode()

    return builder.cache.get_or_make("frozen_paths by PyInstaller", make) / "dist" / "frozen-paths"


@pytest.mark.promise("pyinstaller", "A program built from an imported spec file matches PyInstaller's.")
@pytest.mark.promise("pyinstaller", "`sys.frozen` and `sys._MEIPASS` are set on request.")
@pytest.mark.makes("frozen_paths", seconds=35)
@pytest.mark.parametrize("arguments", [(), ("plain",), ("plain", "loud"), ("missing",)])
def test_imported_spec_builds_the_same_program(
    builder: Builder, imported: Path, spec_built: Path, arguments: tuple[str, ...]
) -> None:
    python = builder.expected("run.py", *arguments, cwd=imported)
    ours, theirs = (
        run_program(imported / "dist" / "frozen-paths", *arguments),
        run_program(spec_built, *arguments),
    )
    assert ours == theirs == (python.exit_code, python.stdout)
    assert python.stdout.startswith(b"['four', 'plain', 'words', 'here']\n")
    if arguments != ("missing",):
        assert python.stdout.endswith(b"[0, 1, 4, 9]\n")


@pytest.mark.makes("frozen_paths", seconds=35)
def test_program_without_compat_takes_its_python_branch(builder: Builder, imported: Path) -> None:
    assert (imported / "pyproject.toml").read_text().count("pyinstaller-compat = true") == 1
    built = builder.program("frozen_paths", *SAMPLE, "--include-module", "plugins.loud", mode="standalone")
    assert built.run("loud").stdout.startswith(b"['four', 'plain', 'words', 'here']\n")
    assert not (built.program.parent / "data").exists()


@pytest.mark.promise("pyinstaller", "The PyInstaller baseline is verified like an executable of tf2exe.")
@pytest.mark.makes("baselines", seconds=12)
@pytest.mark.parametrize("options", [("--mode", "standalone"), ("--mode", "onefile", "--tuned")])
def test_baseline_matches_python(builder: Builder, tmp_path: Path, options: tuple[str, ...]) -> None:
    shutil.copytree(PROGRAM.parent / "import_inside_function", tmp_path / "program")
    given = ["run.py", *options, "--sample", "checksum hi", "--name", "baseline"]
    answer = builder.tf2exe("baseline", *given, "--json", cwd=tmp_path / "program")
    assert_success(answer)
    record = json.loads(answer.stdout)
    assert record["parity"] == [{"sample": "checksum hi", "same": True, "difference": None}]
    assert record["tuned"] is ("--tuned" in options)
    assert record["seconds"]["pyinstaller"] > 0
    assert record["size"] > 5e6
    python = builder.expected("run.py", "checksum", "hi", cwd=PROGRAM.parent / "import_inside_function")
    assert run_program(Path(record["executable"]), "checksum", "hi") == (0, python.stdout)


@pytest.mark.makes("comparison", seconds=45)
def test_comparison_of_a_small_program(builder: Builder, tmp_path: Path) -> None:
    program = tmp_path / "program"
    shutil.copytree(PROGRAM.parent / "import_inside_function", program)
    given = [
        "compare",
        "run.py",
        "--sample",
        "checksum hi",
        "--name",
        "small",
        "--runs",
        "2",
        "--cold-runs",
        "1",
    ]
    for row in ("python", "pyinstaller-tuned-onefile", "tf2exe-onefile"):
        given += ["--variant", row]
    assert b"building" in assert_success(builder.tf2exe(*given, cwd=program))
    folder = program / "build" / "small" / "compare"
    found = json.loads((folder / "comparison.json").read_text())
    assert [row["problem"] for row in found["variants"]] == ["", "", ""]
    python, theirs, ours = found["variants"]
    assert python["build"]["seconds"] is None
    for row in (theirs, ours):
        assert row["build"]["seconds"] > 1
        assert row["parity"] == {"of": "samples", "cases": 1, "same": 1, "differences": []}
        assert row["warm"]["process"]["runs"] == 2
        assert row["size"]["download"] <= row["size"]["bytes"] * 1.01
    if sys.platform == "linux":
        # PyInstaller unpacks at every start, tf2exe at the first one.
        assert theirs["warm"]["written"]["low"] > 5e6
        assert ours["cold"]["written"]["low"] > 5e6
        assert ours["warm"]["written"]["high"] < 1e5
    assert {ratio["reached"] for ratio in found["ratios"]} == {None}
    assert "tf2exe onefile" in (folder / "comparison.md").read_text()
    assert 'id="treemap"' in (folder / "comparison.html").read_text()
    again = builder.tf2exe(*given, "--build-only", cwd=program)
    assert b"building" not in again.stderr
    assert again.stdout.count(b"built in") == 2
