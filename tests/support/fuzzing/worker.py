"""A process that tries malformed files, and announces each call before it makes it.

`python -m fuzzing.worker FIRST LAST SIZE` tries the files with these numbers, SIZE of them per call, followed
by a valid image. Standard output has lines of JSON, see `fuzzing.campaign`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from fuzzing.call import call
from fuzzing.memory import peak
from fuzzing.mutate import malformed_file
from fuzzing.outcome_checks import complaints_about_images
from fuzzing.quick_runtime import quick_models
from fuzzing.seeds import seeds
from image_classifier import decode, limits

# Less than the program's own limit, so that code that ignores the limit is detected.
LARGEST_PIXELS: Final = 1 << 22
MOST_SECONDS: Final = 5.0  # processor time per call
MOST_GROWTH: Final = 300  # megabytes per call
GOOD: Final = "good.png"


def try_files(numbers: range, folder: Path) -> tuple[list[str], str]:
    """Runs the program with the files of some numbers.

    Returns:
        The complaints, and the result of the valid image.
    """
    files = [malformed_file(number) for number in numbers]
    for file in files:
        (folder / file.name).write_bytes(file.content)
    names = [*(file.name for file in files), GOOD]
    before = peak()
    outcome = call([*names, "--format", "jsonl", "--top", "2"])
    found = complaints_about_images(names, outcome)
    if outcome.seconds > MOST_SECONDS:
        found.append(f"{outcome.seconds:.1f} s of processor time")
    if peak() - before > MOST_GROWTH:
        found.append(f"memory grew by {peak() - before} MB")
    for file in files:
        (folder / file.name).unlink()
    return found, outcome.stdout.decode().splitlines()[-1] if outcome.stdout else ""


def work(first: int, last: int, size: int) -> None:
    """Tries all files, and reports."""
    limits.LARGEST_PIXELS = decode.LARGEST_PIXELS = LARGEST_PIXELS  # type: ignore[misc, attr-defined]
    limits.LARGEST_IN_PYTHON = LARGEST_PIXELS // 8  # type: ignore[misc]
    folder = Path(tempfile.mkdtemp(prefix="fuzzing-"))
    os.chdir(folder)
    (folder / GOOD).write_bytes(seeds()["png"]["RGB"])
    usual: str | None = None
    try:
        for start in range(first, last, size):
            numbers = range(start, min(start + size, last))
            _say({"start": [numbers.start, numbers.stop]})
            found, good = try_files(numbers, folder)
            usual = usual or good
            if good != usual:
                found.append(f"another answer to the good image: {good}")
            _say({"found": found, "peak": peak()})
    finally:
        (folder / GOOD).unlink(missing_ok=True)
        os.chdir("/")
        folder.rmdir()


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201  what its parent reads


if __name__ == "__main__":
    with quick_models():
        work(*map(int, sys.argv[1:4]))
