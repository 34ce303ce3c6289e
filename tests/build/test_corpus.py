"""`tf2exe verify` runs the corpus with the bundled classifier, and detects real differences."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from image_classifier.compare_answers import compare

if TYPE_CHECKING:
    from executables import Builder, Executable

CHECKOUT = Path(__file__).resolve().parents[2]
AGAINST = str(CHECKOUT / "pyproject.toml")


def run_verify(builder: Builder, program: Path, against: str, corpus: Path, *options: str) -> dict[str, Any]:
    """Runs `tf2exe verify --json`; returns its result."""
    command = ["verify", str(program), "--against", against, "--corpus", str(corpus), "--json", *options]
    answer = builder.tf2exe(*command, cwd=builder.folder)
    assert answer.exit_code in (0, 7), answer.stderr
    result: dict[str, Any] = json.loads(answer.stdout)
    assert result["same"] == (answer.exit_code == 0)
    return result


def find_differences(result: dict[str, Any]) -> dict[str, str]:
    return {case["name"]: case["difference"]["where"] for case in result["cases"] if not case["same"]}


@pytest.mark.promise("parity", "Both modes match Python byte for byte in the 976 cases of the corpus.")
def test_corpus_matches_python(classifier: Executable, builder: Builder, corpus: Path) -> None:
    result = run_verify(builder, classifier.program, AGAINST, corpus, "--jobs", "1")
    assert not find_differences(result)
    assert len(result["cases"]) >= 900
    assert {case["exit_code"] for case in result["cases"]} == {None, 0, 2, 3, 4, 5, 6, 141}
    assert not [case for case in result["cases"] if case["masked"]]


TENSORFLOW_ONLY = {
    "refused/model is a folder without one",
    "refused/model has no ending",
    "refused/model is empty",
    "answers/broken model",
    "answers/broken model of Keras 2",
}
"""Cases with models that TensorFlow reads in Python; the LiteRT executable says that it lacks TensorFlow."""


@pytest.fixture(
    params=[
        pytest.param("standalone", marks=pytest.mark.makes("litert standalone", seconds=50)),
        pytest.param("onefile", marks=pytest.mark.makes("litert onefile", seconds=60)),
    ]
)
def litert(request: pytest.FixtureRequest, builder: Builder) -> Executable:
    pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")
    return builder.classifier(request.param, "--runtime", "litert")


@pytest.mark.promise("parity", "LiteRT executables match LiteRT in Python in all but 5 cases of the corpus.")
@pytest.mark.promise("parity", "`tf2exe verify` runs Python with the converted models of the build.")
def test_litert_corpus_matches_python(litert: Executable, builder: Builder, corpus: Path) -> None:
    """`verify` finds the converted models in the build folder."""
    options = ("--jobs", "1", "--build-dir", str(litert.build.parent))
    result = run_verify(builder, litert.program, AGAINST, corpus, *options)
    assert find_differences(result) == dict.fromkeys(TENSORFLOW_ONLY, "stderr")
    assert len(result["cases"]) >= 900
    assert not [case for case in result["cases"] if case["masked"]]


@pytest.mark.promise("parity", "LiteRT (float32) has TensorFlow's top-1 classes, probabilities within 1e-5.")
@pytest.mark.makes("litert standalone", seconds=50)
def test_litert_agrees_with_tensorflow_on_corpus_images(builder: Builder, corpus: Path) -> None:
    """The top-1 class is the same for each image, and each probability is within 1e-5."""
    pytest.importorskip("ai_edge_litert", reason="LiteRT is not installed: pip install ai-edge-litert")
    cases = tomllib.loads((corpus / "cases.toml").read_text(encoding="utf-8"))["case"]
    words = {word for case in cases if case.get("join") for word in case["arguments"]}
    names = sorted(word for word in words if (corpus / word).is_file() and not word.startswith("-"))
    command = [*names, "--format", "jsonl", "--top", "1000"]
    theirs = builder.expected("-m", "image_classifier", *command, cwd=corpus)
    ours = builder.classifier("standalone", "--runtime", "litert").run(*command, cwd=corpus)
    assert (ours.exit_code, ours.stderr) == (theirs.exit_code, theirs.stderr)
    assert theirs.stdout.count(b'"predictions"') > 500
    found = compare(theirs.stdout.decode(), ours.stdout.decode())
    assert found is not None
    assert found.same_top
    assert found.largest < 1e-5


@pytest.mark.promise("parity", "An executable opens no file of Python, of its packages or of the source.")
@pytest.mark.skipif(sys.platform != "linux", reason="strace is for Linux")
def test_executable_opens_no_file_of_python(classifier: Executable, builder: Builder, corpus: Path) -> None:
    only = ("--only", "answers/text", "--jobs", "1")
    seen = run_verify(builder, classifier.program, AGAINST, corpus, *only)["python"]
    if seen["why_not"]:
        pytest.skip(seen["why_not"])
    assert seen["found"] == []
    assert seen["opened"] > 200


def flip_last_bit(model: Path) -> None:
    """Flips the lowest bit of one of the model's weights."""
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    stream = io.BytesIO(members["model.weights.h5"])
    with h5py.File(stream, "r+") as weights:
        found: list[str] = []
        weights.visititems(lambda name, item: found.append(name) if getattr(item, "ndim", 0) == 4 else None)
        values = weights[found[0]][...]
        place = np.unravel_index(np.abs(values).argmax(), values.shape)
        bits = values.view(np.uint32)
        bits[place] ^= 1
        weights[found[0]][...] = values
    members["model.weights.h5"] = stream.getvalue()
    model.unlink()  # it may be a hard link, so do not write to it
    with zipfile.ZipFile(model, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.promise("parity", "A flipped last bit of one model weight is detected in a real executable.")
def test_flipped_bit_of_one_weight_is_detected(builder: Builder, tmp_path: Path) -> None:
    built = builder.classifier("standalone")
    copy = tmp_path / "image-classifier"
    shutil.copytree(built.program.parent, copy, copy_function=os.link)
    (tmp_path / "corpus").mkdir()
    photo = shutil.copy(CHECKOUT / "assets" / "samples" / "coffee.png", tmp_path / "corpus")
    line = f'arguments = ["{Path(photo).name}", "--format", "json", "--top", "1000"]'
    (tmp_path / "corpus" / "cases.toml").write_text(f'format = 1\n[[case]]\nname = "coffee"\n{line}\n')
    assert not find_differences(run_verify(builder, copy, AGAINST, tmp_path / "corpus"))
    flip_last_bit(copy / "assets" / "model" / "efficientnet_lite0.keras")
    result = run_verify(builder, copy, AGAINST, tmp_path / "corpus")
    assert find_differences(result) == {"coffee": "stdout"}
    assert "probability" in result["cases"][0]["difference"]["python"]


EXPECTED_DIFFERENCES = {
    "same": None,
    "last bit": ("stdout", 1),
    "line": ("stdout", 2),
    "line end": ("stdout", 2),
    "warning": ("stderr", 1),
    "crash": ("stdout", 2),
    "exit code": ("exit code", 0),
    "file": ("file extra.txt", 0),
    "content": ("file result.bin", 0),
}


@pytest.mark.promise("parity", "A different digit, line end, warning, traceback or file is detected.")
@pytest.mark.parametrize("mode", ["standalone", "onefile"])
def test_every_kind_of_difference_is_detected(builder: Builder, tmp_path: Path, mode: str) -> None:
    built = builder.program("differs_when_compiled", "--sample", "same", mode=mode)
    cases = [
        f"[[case]]\nname = {json.dumps(what)}\narguments = [{json.dumps(what)}]\n"
        for what in EXPECTED_DIFFERENCES
    ]
    (tmp_path / "cases.toml").write_text("\n".join(["format = 1", *cases]), encoding="utf-8")
    result = run_verify(builder, built.program, str(built.source / "run.py"), tmp_path)
    places = {case["name"]: case["difference"] for case in result["cases"]}
    assert {
        what: place and (place["where"], place["line"]) for what, place in places.items()
    } == EXPECTED_DIFFERENCES
