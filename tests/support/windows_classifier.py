"""Builds the classifier for Windows on Linux, and compares its predictions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from build_cache import BuildCache

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTOS = CHECKOUT / "assets" / "samples"
PHOTOGRAPHS = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "rocket.jpg")
ARGUMENTS = [*PHOTOGRAPHS, "--format", "json", "--top", "1000"]
TARGET = ["--target", "windows-x86_64"]
TOLERANCE = 1e-5
"""Largest difference of probabilities between Windows and Linux, which add numbers in different orders."""


def build_classifier(cache: BuildCache, runtime: str, mode: str) -> Path:
    """Builds it once per session; returns the folder with `dist` and `build`."""

    def build(folder: Path) -> None:
        folders = ["--output-dir", str(folder / "dist"), "--build-dir", str(folder / "build")]
        script = str(CHECKOUT / "scripts" / "build_nuitka.py")
        command = [sys.executable, script, *TARGET, "--runtime", runtime, "--mode", mode, *folders]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, "\n".join(done.stderr.splitlines()[-20:])

    return cache.get_or_make(f"windows {runtime} {mode}", build)


def assert_predictions_agree(ours: bytes, theirs: bytes) -> None:
    """Asserts equal top-1 classes, and probabilities within `TOLERANCE` for all classes."""
    found, expected = read_probabilities(ours), read_probabilities(theirs)
    assert found.keys() == expected.keys() == set(PHOTOGRAPHS)
    for name, numbers in found.items():
        assert next(iter(numbers)) == next(iter(expected[name]))
        assert max(abs(numbers[index] - expected[name][index]) for index in numbers) <= TOLERANCE


def read_probabilities(text: bytes) -> dict[str, dict[int, float]]:
    """Probabilities by photograph and class, the most probable class first."""
    images = json.loads(text)["images"]
    return {image["image"]: {p["index"]: p["probability"] for p in image["predictions"]} for image in images}
