"""Compares the Windows executables of PyInstaller and tf2exe, built on Linux and measured under Wine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pefile
import pytest

from tf2exe.cross.toolchain import wine
from tf2exe.cross.toolchain.location import user_toolchain
from tf2exe.cross.toolchain.pins import COMPARE
from windows_classifier import TARGET

if TYPE_CHECKING:
    from executables import Builder, ProgramResult

MAIN = """import sys, traceback
from parts import half
print(half.of(float(sys.argv[1])))
try:
    half.of("text")
except TypeError:
    traceback.print_exc(file=sys.stdout)
"""
HALF = """def of(number):
    return number / 2
"""
SAMPLE = ["--sample", "5", "--runtime", "litert"]

pytestmark = [pytest.mark.windows("litert", COMPARE), pytest.mark.long]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "parts" / "half.py").write_text(HALF, encoding="utf-8")
    (tmp_path / "run.py").write_text(MAIN, encoding="utf-8")
    return tmp_path


def assert_success(answer: ProgramResult) -> bytes:
    assert answer.exit_code == 0, answer.stderr.decode()[-2000:]
    return answer.stdout


@pytest.mark.promise("windows", "PyInstaller's Windows baseline is verified, too.")
@pytest.mark.parametrize("options", [("--mode", "standalone"), ("--mode", "onefile", "--tuned")])
def test_baseline_matches_python_on_windows(
    builder: Builder, program: Path, options: tuple[str, ...]
) -> None:
    said = assert_success(
        builder.tf2exe("baseline", "run.py", *SAMPLE, *options, *TARGET, "--json", cwd=program)
    )
    record = json.loads(said)
    assert record["parity"] == [{"sample": "5", "same": True, "difference": None}]
    assert record["tuned"] is ("--tuned" in options)
    executable = Path(record["executable"])
    assert executable.is_relative_to(program / "build" / "windows-x86_64")
    with pefile.PE(str(executable), fast_load=True) as found:
        assert found.FILE_HEADER.Machine == pefile.MACHINE_TYPE["IMAGE_FILE_MACHINE_AMD64"]
    done = wine.run(user_toolchain(), [str(executable), "3"], cwd=program)
    assert (done.exit_code, done.stdout.split()[0]) == (0, b"1.5")


@pytest.mark.promise("windows", "Figures measured under Wine are marked and not held to a ratio.")
def test_comparison_notes_that_it_ran_under_wine(builder: Builder, program: Path) -> None:
    given = ["compare", "run.py", *SAMPLE, *TARGET, "--runs", "2", "--cold-runs", "1"]
    rows = ("python", "pyinstaller-tuned-onefile", "tf2exe-onefile")
    given += [word for row in rows for word in ("--variant", row)]
    answer = builder.tf2exe(*given, cwd=program)
    said = assert_success(answer).decode()
    assert b"building" in answer.stderr
    assert "cold start under Wine" in " ".join(said.split())
    folder = program / "build" / "windows-x86_64" / "run" / "compare"
    found = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert found["machine"]["wine"].startswith("10.")
    assert found["command"] == f"tf2exe {' '.join(given)}"
    assert [row["key"] for row in found["variants"]] == list(rows)
    for row in found["variants"]:
        assert row["problem"] == ""
        assert row["warm"]["process"]["runs"] == 2
        assert row["warm"]["memory"] is row["warm"]["written"] is None
    for row in found["variants"][1:]:
        assert row["size"]["files"] == 1
        assert row["parity"] == {"of": "samples", "cases": 1, "same": 1, "differences": []}
    assert "seconds are those of Wine" in (folder / "comparison.md").read_text(encoding="utf-8")
    assert "under Wine" in (folder / "comparison.html").read_text(encoding="utf-8")
    again = builder.tf2exe(*given, "--build-only", cwd=program)
    assert b"building" not in again.stderr
