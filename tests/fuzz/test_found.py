"""What fuzzing found, and bombs of all kinds: refused quickly, in little memory; others are answered."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

import pytest

from fuzzing.call import call
from fuzzing.campaign import HERE, SOURCES
from fuzzing.crafted import found
from fuzzing.judge import complaints_about_images
from fuzzing.quick_runtime import quick_models
from fuzzing.seeds import COLOUR, saved
from image_classifier import limits
from image_classifier.decode import decode_image
from image_classifier.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")  # as the program does, see `main`
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")

MOST_MEMORY: Final = 150  # megabytes: the largest of the files, several times
MOST_SECONDS: Final = 30.0  # of a busy machine; alone the longest takes 2.5

MEASURE: Final = """\
import json, sys, warnings
from pathlib import Path
from image_classifier.decode import decode_image
from image_classifier.errors import ImageError
from fuzzing.memory import peak
from fuzzing.seeds import seeds
warnings.filterwarnings("ignore", module=r"PIL\\.")
for files in seeds().values():
    for content in files.values():
        try:
            decode_image(content)
        except ImageError:
            pass
before, code = peak(), None
try:
    decode_image(Path(sys.argv[1]).read_bytes())
except ImageError as error:
    code = error.code
print(json.dumps([code, peak() - before]))
"""


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    with quick_models():
        yield


@pytest.mark.promise("input", "An image beyond a limit is rejected before it takes memory or time.")
@pytest.mark.parametrize("name", found())
def test_each_has_its_answer(name: str) -> None:
    case, start = found()[name], time.monotonic()
    code = None
    try:
        assert decode_image(case.content).mode == "RGB"
    except ImageError as error:
        code = error.code
    assert code == case.code
    assert time.monotonic() - start < MOST_SECONDS


@pytest.mark.promise("input", "A bad image does not affect the other images of the call.")
def test_all_of_them_in_one_call(here: Path) -> None:
    files = {f"{number}.png": case for number, case in enumerate(found().values())}
    files |= {"before.png": files["0.png"], "behind.png": files["0.png"]}
    names = ["before.png", *(name for name in files if name[0].isdigit()), "behind.png"]
    for name in names:
        (here / name).write_bytes(files[name].content)
    outcome = call([*names, "--format", "jsonl"])
    assert complaints_about_images(names, outcome) == []
    answers = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [answer.get("error", {}).get("code") for answer in answers] == [files[name].code for name in names]
    assert answers[0]["predictions"] == answers[-1]["predictions"]


@pytest.mark.promise("input", "An image beyond a limit is rejected before it takes memory or time.")
@on_linux
@pytest.mark.parametrize("name", [name for name, case in found().items() if case.code == "too-large"])
def test_bombs_take_no_memory(name: str, tmp_path: Path) -> None:
    file = tmp_path / "bomb"
    file.write_bytes(found()[name].content)
    command = [sys.executable, "-c", MEASURE, str(file)]
    env = {"PYTHONPATH": f"{SOURCES}:{HERE}", "PATH": "/nowhere"}
    done = subprocess.run(command, env=env, capture_output=True, timeout=120, check=True)
    code, grown = json.loads(done.stdout)
    assert code == "too-large"
    assert grown < MOST_MEMORY
    assert done.stderr == b""


def test_pillow_says_nothing_through_its_logger(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImageError):
        decode_image(found()["samples"].content)
    assert capfd.readouterr() == ("", "")
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("PIL").handlers)


def test_infinities_are_cut_off() -> None:
    image = decode_image(found()["infinite"].content)
    assert [image.getpixel((column, 0)) for column in range(4)] == [
        (255,) * 3,
        (0,) * 3,
        (0,) * 3,
        (255,) * 3,
    ]


@pytest.mark.promise("input", "Large images are decoded one at a time.")
def test_large_images_are_read_one_at_a_time() -> None:
    largest = 64
    inside = most = 0

    def read(amount: int) -> None:
        nonlocal inside, most
        with limits.one_large_at_a_time(amount, largest):
            inside += 1
            most = max(most, inside)
            time.sleep(0.05)
            inside -= 1

    for amount, expected in ((largest, 1), (largest // limits.MOST_THREADS, 4)):
        most, threads = 0, [threading.Thread(target=read, args=(amount,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most == expected


def test_memory_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("image_classifier.decode.to_rgb", none)
    with pytest.raises(ImageError, match="does not fit into memory"):
        decode_image(saved(COLOUR, "PNG"))
