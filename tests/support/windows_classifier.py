"""The bundled classifier for Windows: how it is built on Linux, and what it must answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from build_cache import Once

CHECKOUT = Path(__file__).resolve().parents[2]
PHOTOS = CHECKOUT / "assets" / "samples"
PHOTOGRAPHS = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "rocket.jpg")
ARGUMENTS = [*PHOTOGRAPHS, "--format", "json", "--top", "1000"]
TARGET = ["--target", "windows-x86_64"]
TOLERANCE = 1e-5
"""Of probabilities on Windows and on Linux: other sums of the same numbers, in another order."""


def built(once: Once, runtime: str, mode: str) -> Path:
    """The folder that holds `dist` and `build`."""

    def build(folder: Path) -> None:
        folders = ["--output-dir", str(folder / "dist"), "--build-dir", str(folder / "build")]
        script = str(CHECKOUT / "scripts" / "build_nuitka.py")
        command = [sys.executable, script, *TARGET, "--runtime", runtime, "--mode", mode, *folders]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, "\n".join(done.stderr.splitlines()[-20:])

    return once.make(f"windows {runtime} {mode}", build)


def answers_within_the_tolerance(ours: bytes, theirs: bytes) -> None:
    """Both name the same class first for each photograph, and give all classes the same probability."""
    found, expected = probabilities(ours), probabilities(theirs)
    assert found.keys() == expected.keys() == set(PHOTOGRAPHS)
    for name, numbers in found.items():
        assert next(iter(numbers)) == next(iter(expected[name]))
        assert max(abs(numbers[index] - expected[name][index]) for index in numbers) <= TOLERANCE


def probabilities(text: bytes) -> dict[str, dict[int, float]]:
    """By photograph and class, the most probable first."""
    images = json.loads(text)["images"]
    return {image["image"]: {p["index"]: p["probability"] for p in image["predictions"]} for image in images}
