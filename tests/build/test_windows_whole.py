"""The bundled classifier for Windows: each runtime in each mode, built on Linux and run under Wine.

Half an hour and 15 GB: `TF2EXE_TESTS=long pytest -m windows` with the whole toolchain runs them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tf2exe import compilers, dlls
from tf2exe.toolchain import prepare, wine
from tf2exe.toolchain.place import place, windows_path

if TYPE_CHECKING:
    from tests.build.conftest import Builder

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTOS = CHECKOUT / "assets" / "samples"
PHOTOGRAPHS = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "rocket.jpg")
ARGUMENTS = [*PHOTOGRAPHS, "--format", "json", "--top", "1000"]
TOLERANCE = 1e-5
"""Of probabilities on Windows and on Linux: other sums of the same numbers, in another order."""

pytestmark = [
    pytest.mark.windows,
    pytest.mark.skipif(
        sys.platform != "linux" or compilers.zig() is None or bool(prepare.missing(place())),
        reason="no toolchain for Windows with both runtimes is prepared: tf2exe toolchain windows",
    ),
    pytest.mark.long,
]


@pytest.fixture(
    scope="module",
    params=[(runtime, mode) for runtime in prepare.RUNTIMES for mode in ("standalone", "onefile")],
    ids=" ".join,
)
def build(request: pytest.FixtureRequest, builder: Builder) -> Path:
    """The folder that holds `dist` and `build`."""
    runtime, mode = request.param

    def make(folder: Path) -> None:
        folders = ["--output-dir", str(folder / "dist"), "--build-dir", str(folder / "build")]
        script = str(CHECKOUT / "scripts" / "build_nuitka.py")
        options = ["--target", "windows-x86_64", "--runtime", runtime, "--mode", mode, *folders]
        done = subprocess.run([sys.executable, script, *options], capture_output=True, text=True, check=False)
        assert done.returncode == 0, "\n".join(done.stderr.splitlines()[-20:])

    return builder.once.make(f"windows {runtime} {mode}", make)


def test_the_build_and_its_answers(build: Path, builder: Builder, tmp_path: Path) -> None:
    """The build has compared all samples with the Windows Python; here the photographs meet Linux."""
    work = build / "build" / "windows-x86_64" / "image-classifier"
    report = json.loads((work / "report.json").read_text(encoding="utf-8"))
    assert [sample["same"] for sample in report["parity"]["samples"]] == [True, True, True]
    assert [library for library in dlls.missing(work / "folder") if not library.delayed] == []

    dist = build / "dist" / "windows-x86_64"
    program = next(path for path in sorted(dist.rglob("image-classifier.exe")))
    cache = {"TF2EXE_CACHE_DIR": windows_path(tmp_path / "cache")}
    ours = wine.run(place(), [str(program), *ARGUMENTS], cwd=PHOTOS, variables=cache)
    converted = work / "converted" / "files"
    command = ["-m", "image_classifier", *ARGUMENTS]
    if converted.is_dir():
        theirs = builder.expected(*command, cwd=PHOTOS, TF2EXE_CONVERTED=str(converted))
    else:
        theirs = builder.expected(*command, cwd=PHOTOS)
    assert (ours.exit_code, theirs.exit_code) == (0, 0)
    found, expected = probabilities(ours.stdout), probabilities(theirs.stdout)
    assert found.keys() == expected.keys() == set(PHOTOGRAPHS)
    for name, numbers in found.items():
        assert next(iter(numbers)) == next(iter(expected[name]))
        assert max(abs(numbers[index] - expected[name][index]) for index in numbers) <= TOLERANCE


def probabilities(text: bytes) -> dict[str, dict[int, float]]:
    """By photograph and class, the most probable first."""
    images = json.loads(text)["images"]
    return {image["image"]: {p["index"]: p["probability"] for p in image["predictions"]} for image in images}
