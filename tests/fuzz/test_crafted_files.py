"""Crafted files: decompression bombs are refused before they are decoded; other files have their result."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image, ImageFile

from fuzzing.call import call
from fuzzing.campaign import HERE, SOURCES
from fuzzing.crafted import crafted_files
from fuzzing.outcome_checks import complaints_about_images
from fuzzing.quick_runtime import quick_models
from fuzzing.seeds import COLOUR, saved, seeds
from image_classifier import limits
from image_classifier.decode import decode_image
from image_classifier.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")  # like `main` of the program
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")

MOST_MEMORY: Final = 150  # megabytes: several times the largest of the files
READ_IN_PARTS: Final = "lines"
"""The only bomb that is detected while it is decoded, because the number of reads is limited."""

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


BOMBS: Final = [name for name, case in crafted_files().items() if case.code == "too-large"]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The formats of the images whose pixels Pillow starts to decode."""
    Image.init()
    seen: list[str] = []

    def recording(load: Callable[..., object]) -> Callable[..., object]:
        def record(image: ImageFile.ImageFile) -> object:
            seen.append(str(image.format))
            return load(image)

        return record

    for kind in _with_derived(ImageFile.ImageFile):
        if "load" in vars(kind):
            monkeypatch.setattr(kind, "load", recording(vars(kind)["load"]))
    return seen


def _with_derived(kind: type[object]) -> Iterator[type[object]]:
    yield kind
    for derived in kind.__subclasses__():
        yield from _with_derived(derived)


@pytest.mark.parametrize("name", crafted_files())
def test_every_crafted_file_has_its_result(name: str) -> None:
    case, code = crafted_files()[name], None
    try:
        assert decode_image(case.content).mode == "RGB"
    except ImageError as error:
        code = error.code
    assert code == case.code


@pytest.mark.promise("input", "An image beyond a limit is rejected before it takes memory or time.")
@pytest.mark.parametrize("name", [name for name in BOMBS if name != READ_IN_PARTS])
def test_bomb_is_refused_before_decoding(name: str, decoded: list[str]) -> None:
    with pytest.raises(ImageError):
        decode_image(crafted_files()[name].content)
    assert decoded == []


def test_decoding_is_recorded(decoded: list[str]) -> None:
    for kind, files in seeds().items():
        for content in files.values():
            decoded.clear()
            if kind != "refused":
                decode_image(content)
                assert decoded


@pytest.mark.promise("input", "An image beyond a limit is rejected before it takes memory or time.")
def test_reads_of_a_decoded_bomb_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0

    class Counted(limits.CountedReads):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal reads
            reads += 1
            return super().read(size)

    monkeypatch.setattr("image_classifier.decode.CountedReads", Counted)
    with pytest.raises(ImageError, match="too many parts"):
        decode_image(crafted_files()[READ_IN_PARTS].content)
    assert limits.MOST_READS < reads <= limits.MOST_READS + limits.READS_A_PIXEL * 100 * 100 + 100


@pytest.mark.promise("input", "A bad image does not affect the other images of the call.")
def test_all_crafted_files_in_one_call(here: Path) -> None:
    files = {f"{number}.png": case for number, case in enumerate(crafted_files().values())}
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
@pytest.mark.parametrize("name", BOMBS)
def test_bombs_use_little_memory(name: str, tmp_path: Path) -> None:
    file = tmp_path / "bomb"
    file.write_bytes(crafted_files()[name].content)
    command = [sys.executable, "-c", MEASURE, str(file)]
    env = {"PYTHONPATH": f"{SOURCES}:{HERE}", "PATH": "/nowhere"}
    done = subprocess.run(command, env=env, capture_output=True, timeout=120, check=True)
    code, grown = json.loads(done.stdout)
    assert code == "too-large"
    assert grown < MOST_MEMORY
    assert done.stderr == b""


def test_pillow_logs_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImageError):
        decode_image(crafted_files()["samples"].content)
    assert capfd.readouterr() == ("", "")
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("PIL").handlers)


def test_infinities_are_clipped() -> None:
    image = decode_image(crafted_files()["infinite"].content)
    assert [image.getpixel((column, 0)) for column in range(4)] == [
        (255,) * 3,
        (0,) * 3,
        (0,) * 3,
        (255,) * 3,
    ]


@pytest.mark.promise("input", "Large images are decoded one at a time.")
@pytest.mark.parametrize(("amount", "others"), [(64, False), (64 // limits.MOST_THREADS, True)])
def test_large_images_are_decoded_one_at_a_time(amount: int, others: bool) -> None:  # noqa: FBT001
    with limits.one_large_at_a_time(amount, 64), ThreadPoolExecutor(1) as other_thread:
        lock = limits._large  # noqa: SLF001 - a large image of another thread would wait for it for ever
        acquired = other_thread.submit(lock.acquire, blocking=False).result()
        if acquired:
            other_thread.submit(lock.release).result()
    assert acquired is others


def test_out_of_memory_is_an_image_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("image_classifier.decode.to_rgb", none)
    with pytest.raises(ImageError, match="does not fit into memory"):
        decode_image(saved(COLOUR, "PNG"))
