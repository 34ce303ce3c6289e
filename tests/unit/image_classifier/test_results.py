from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_classifier.classify import Answer
from image_classifier.errors import ImageError
from image_classifier.inference import Prediction
from image_classifier.results import CSV_COLUMNS, FORMATS, result_writer

CAT = Answer("cat, 1.png", (Prediction("tabby", 281, 0.75), Prediction('tiger "cat"', 282, 0.125)))
BAD = Answer("b\nad.png", error=ImageError("empty", "the file is empty"))


def written(name: str, *answers: Answer) -> str:
    stream = io.StringIO(newline="")
    writer = result_writer(name, stream, several=len(answers) > 1)
    for answer in answers:
        writer.add(answer)
    writer.finish()
    return stream.getvalue()


def test_text_of_one_image_is_labels_and_percentages() -> None:
    assert written("text", CAT) == 'tabby         75.00%\ntiger "cat"   12.50%\n'


def test_text_of_several_images_has_headings() -> None:
    cat = Answer("c\x1b[2Jat", CAT.predictions[:1])
    assert written("text", cat, BAD, cat) == (
        "c\\x1b[2Jat\n  tabby   75.00%\n\nc\\x1b[2Jat\n  tabby   75.00%\n"
    )


def test_json() -> None:
    assert json.loads(written("json", CAT, BAD)) == {
        "format": 1,
        "images": [
            {
                "image": "cat, 1.png",
                "predictions": [
                    {"label": "tabby", "index": 281, "probability": 0.75},
                    {"label": 'tiger "cat"', "index": 282, "probability": 0.125},
                ],
            },
            {"image": "b\nad.png", "error": {"code": "empty", "message": "the file is empty"}},
        ],
    }


def test_json_lines_are_the_images_of_json() -> None:
    lines = [json.loads(line) for line in written("jsonl", CAT, BAD).splitlines()]
    images = json.loads(written("json", CAT, BAD))["images"]
    assert lines == [{"format": 1, **image} for image in images]


def test_json_lines_are_written_at_once() -> None:
    stream = io.StringIO()
    result_writer("jsonl", stream, several=True).add(CAT)
    assert stream.getvalue().count("\n") == 1


def test_csv() -> None:
    text = written("csv", CAT, BAD)
    assert "\r" not in text
    assert list(csv.reader(io.StringIO(text))) == [
        list(CSV_COLUMNS),
        ["cat, 1.png", "1", "281", "tabby", "0.75", ""],
        ["cat, 1.png", "2", "282", 'tiger "cat"', "0.125", ""],
        ["b\nad.png", "", "", "", "", "empty"],
    ]


@pytest.mark.parametrize("name", ["json", "jsonl", "csv"])
@given(value=st.floats(0, 1, width=32))
def test_probabilities_are_exact(name: str, value: float) -> None:
    text = written(name, Answer("x", (Prediction("a", 0, float(np.float32(value))),)))
    if name == "csv":
        read = list(csv.DictReader(io.StringIO(text)))[0]["probability"]  # noqa: RUF015
    else:
        document = json.loads(text)
        read = document.get("images", [document])[0]["predictions"][0]["probability"]
    assert np.float32(read).tobytes() == np.float32(value).tobytes()


@pytest.mark.parametrize("name", FORMATS)
def test_names_that_are_no_unicode(name: str) -> None:
    raw = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    text = written(name, Answer(raw, CAT.predictions), CAT).encode("utf-8", "backslashreplace")
    assert b"caf\\udce9.png" in text
    if name == "json":
        assert json.loads(text)["images"][0]["image"] == raw
