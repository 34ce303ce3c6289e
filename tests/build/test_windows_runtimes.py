"""The bundled classifier for Windows: each runtime in each mode, built on Linux and run under Wine.

These tests take half an hour and 15 GB, and need the toolchain with all runtimes.
`TF2EXE_TESTS=long pytest -m windows` runs them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tf2exe.cross.toolchain import components, wine
from tf2exe.cross.toolchain.location import user_toolchain, windows_path
from tf2exe.native import missing_dlls
from tf2exe.report.inspect import inspect_executable
from windows_classifier import ARGUMENTS, PHOTOS, assert_predictions_agree, build_classifier

if TYPE_CHECKING:
    from pathlib import Path

    from executables import Builder

pytestmark = [pytest.mark.windows(*components.RUNTIMES), pytest.mark.long]


@pytest.fixture(
    scope="module",
    params=[(runtime, mode) for runtime in components.RUNTIMES for mode in ("standalone", "onefile")],
    ids=" ".join,
)
def build(request: pytest.FixtureRequest, builder: Builder) -> Path:
    """The folder with `dist` and `build`."""
    return build_classifier(builder.cache, *request.param)


@pytest.mark.promise("windows", "Built on Linux and run under Wine, the output matches Python on Windows.")
def test_build_matches_python_and_linux(build: Path, builder: Builder, tmp_path: Path) -> None:
    """The build compares the samples with Python for Windows. The test compares photographs with Linux."""
    work = build / "build" / "windows-x86_64" / "image-classifier"
    report = json.loads((work / "report.json").read_text(encoding="utf-8"))
    assert [sample["same"] for sample in report["parity"]["samples"]] == [True, True, True]
    assert [library for library in missing_dlls.find_missing(work / "folder") if not library.delayed] == []

    dist = build / "dist" / "windows-x86_64"
    program = next(path for path in sorted(dist.rglob("image-classifier.exe")))
    assert inspect_executable(program).missing == ()
    cache = {"TF2EXE_CACHE_DIR": windows_path(tmp_path / "cache")}
    ours = wine.run(user_toolchain(), [str(program), *ARGUMENTS], cwd=PHOTOS, variables=cache)
    converted = work / "converted" / "files"
    command = ["-m", "image_classifier", *ARGUMENTS]
    if converted.is_dir():
        theirs = builder.expected(*command, cwd=PHOTOS, TF2EXE_CONVERTED=str(converted))
    else:
        theirs = builder.expected(*command, cwd=PHOTOS)
    assert (ours.exit_code, theirs.exit_code) == (0, 0)
    assert_predictions_agree(ours.stdout, theirs.stdout)
