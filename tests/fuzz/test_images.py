"""Thousands of malformed image files: each is classified, or rejected in one line."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzzing import effort
from fuzzing.call import call
from fuzzing.campaign import campaign
from fuzzing.outcome_checks import complaints_about_images
from fuzzing.quick_runtime import quick_models
from fuzzing.seeds import COLOUR, saved, seeds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS: Final = 60
MOST_MEMORY: Final = 700  # megabytes of a worker that allows images of 4 megapixels
MAGIC: Final = (
    b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xdb",
    b"RIFF\x10\0\0\0WEBPVP8 ", b"BM", b"GIF89a", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0",
    b"\0\0\0\x1cftypavif", b"\xffO\xffQ\0)", b"\0\0\0\x0cjP  \r\n\x87\n", b"P1 ", b"P6 3 3 ", b"Pf 2 2 ",
    b"\0\0\x02\0\0", b"(\0\0\0",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    with quick_models():
        yield


@pytest.mark.promise("input", "Any file is classified or rejected with a documented code in one line.")
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
@pytest.mark.parametrize("part", range(effort.parts()))
def test_mutated_files(part: int) -> None:
    first = part * effort.FILES_A_PART
    report = campaign(first, first + effort.FILES_A_PART)
    assert report.failures == []
    assert report.tried == effort.FILES_A_PART
    assert report.peak < MOST_MEMORY


@pytest.mark.promise("input", "Any file is classified or rejected with a documented code in one line.")
@pytest.mark.usefixtures("watchdog")
@effort.examples()
@given(magic=st.sampled_from(MAGIC), rest=st.binary(max_size=300))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, magic: bytes, rest: bytes) -> None:
    signal.alarm(SECONDS)
    file = tmp_path_factory.getbasetemp() / "any.bin"
    file.write_bytes(magic + rest)
    outcome = call([str(file), "--format", "jsonl"])
    assert complaints_about_images([str(file)], outcome) == []


@pytest.mark.promise("input", "Only documented formats are read; the content decides, not the name.")
def test_good_files_are_classified(here: Path) -> None:
    good = {f"{name}.{kind}": content for kind, files in seeds().items() for name, content in files.items()}
    for name, content in good.items():
        (here / name).write_bytes(content)
    outcome = call([*good, "--format", "jsonl"])
    assert complaints_about_images(list(good), outcome) == []
    answers = {line["image"]: line for line in map(json.loads, outcome.stdout.splitlines())}
    refused = {name for name, answer in answers.items() if "error" in answer}
    assert refused == {f"{name}.refused" for name in seeds()["refused"]}
    assert {answers[name]["error"]["code"] for name in refused} == {"not-an-image"}


@pytest.mark.promise("input", "Only documented formats are read; the content decides, not the name.")
def test_misleading_suffix_changes_nothing(here: Path) -> None:
    names = [f"photo{ending}" for ending in (".png", ".eps", ".txt", ".tiff", ".")]
    for name in names:
        (here / name).write_bytes(saved(COLOUR, "JPEG"))
    outcome = call([*names, "--format", "jsonl"])
    assert complaints_about_images(names, outcome) == []
    assert len({json.dumps(json.loads(line)["predictions"]) for line in outcome.stdout.splitlines()}) == 1
