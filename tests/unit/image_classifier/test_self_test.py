from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from image_classifier.command_line import run
from image_classifier.compare_answers import compare
from image_classifier.errors import ExitCode, NoGoldenAnswersError
from image_classifier.self_test import self_test

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.unit.image_classifier.conftest import CommandLine, SharedModels

ARGUMENTS = {
    "a cat": ["chelsea.png", "--format", "json"],
    "lines": ["chelsea.png", "rocket.jpg", "--format", "jsonl", "--top", "3"],
    "text": ["rocket.jpg"],
    "missing": ["nothing.png", "--format", "csv"],
    "to a file": ["chelsea.png", "--output", "written.txt"],
    "version": ["--version"],
}


@pytest.fixture
def golden(tmp_path: Path, samples: Path, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "golden"
    folder.mkdir()
    for name in ("chelsea.png", "rocket.jpg"):
        shutil.copy(samples / name, folder)
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        answers = {name: command_line(*arguments) for name, arguments in ARGUMENTS.items()}
        Path("written.txt").unlink()
    recorded = [
        {"name": name, "arguments": ARGUMENTS[name], "exit_code": answer.code, "stdout": answer.out}
        for name, answer in answers.items()
    ]
    document = {"format": 1, "tolerance": 1e-5, "samples": recorded}
    (folder / "golden.json").write_text(json.dumps(document))
    return folder


@pytest.fixture
def replay(models: SharedModels) -> Callable[[Sequence[str]], int]:
    return lambda argv: run(argv, models)


def change(folder: Path, edit: Callable[[Any], object]) -> None:
    document = json.loads((folder / "golden.json").read_text())
    edit(document)
    (folder / "golden.json").write_text(json.dumps(document))


def shift(by: float) -> Callable[[Any], object]:
    def edit(document: Any) -> None:  # noqa: ANN401  JSON
        answer = json.loads(document["samples"][0]["stdout"])
        answer["images"][0]["predictions"][0]["probability"] += by
        document["samples"][0]["stdout"] = json.dumps(answer)

    return edit


def test_identical(
    golden: Path, replay: Callable[[Sequence[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    before, here = sorted(golden.iterdir()), Path.cwd()
    assert self_test(golden, replay) == ExitCode.OK
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        *(f"{name}: identical" for name in ARGUMENTS),
        "This machine answers exactly as recorded: 6 of 6 samples identical.",
    ]
    assert err == ""
    assert sorted(golden.iterdir()) == before
    assert Path.cwd() == here


def test_within_tolerance(
    golden: Path, replay: Callable[[Sequence[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    change(golden, shift(5e-6))
    assert self_test(golden, replay) == ExitCode.OK
    first, *_, verdict = capsys.readouterr().out.splitlines()
    expected = "within tolerance: largest difference of a probability 5.0e-06, the same most probable class"
    assert first == f"a cat: {expected}"
    assert verdict == "This machine answers as recorded: 5 of 6 samples identical, the others within 1e-05."


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (shift(0.01), "differs: largest difference of a probability 1.0e-02, the same most probable class"),
        (lambda d: d["samples"][0].update(exit_code=3), "differs: exit code 0, recorded was 3"),
        (lambda d: d["samples"][0].update(stdout="other"), "differs in more than probabilities"),
    ],
)
def test_different(
    golden: Path,
    replay: Callable[[Sequence[str]], int],
    capsys: pytest.CaptureFixture[str],
    edit: Callable[[Any], object],
    words: str,
) -> None:
    change(golden, edit)
    assert self_test(golden, replay) == ExitCode.SELF_TEST_DIFFERS
    first, *_, verdict = capsys.readouterr().out.splitlines()
    assert first == f"a cat: {words}"
    assert verdict == "This machine answers DIFFERENTLY: 1 of 6 samples are not within 1e-05."


@pytest.mark.parametrize("content", [None, "no JSON", "[]", '{"format": 2}', '{"format": 1}'])
def test_no_golden_answers(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "golden.json").write_text(content)
    with pytest.raises(NoGoldenAnswersError) as caught:
        self_test(tmp_path, lambda _: pytest.fail("nothing can be replayed"))
    assert "\n" not in str(caught.value)


def document(*predictions: tuple[int, float]) -> str:
    rows = [{"label": str(index), "index": index, "probability": p} for index, p in predictions]
    return json.dumps({"format": 1, "images": [{"image": "x", "predictions": rows}]})


def test_compare_finds_another_top() -> None:
    difference = compare(document((1, 0.5), (2, 0.4)), document((2, 0.5), (1, 0.4)))
    assert difference is not None
    assert difference.largest == pytest.approx(0.1)
    assert not difference.same_top


def test_compare_bounds_classes_that_only_one_names() -> None:
    difference = compare(document((1, 0.5), (2, 0.25)), document((1, 0.5), (3, 0.125)))
    assert difference is not None
    assert difference.largest == 0.125
    assert difference.same_top


def test_compare_refuses_other_images() -> None:
    other = document((1, 0.5)).replace('"x"', '"y"')
    assert compare(document((1, 0.5)), other) is None
    assert compare(document((1, 0.5)), document((1, 0.5), (2, 0.1))) is None


def test_names_of_files_may_hold_what_looks_like_the_end_of_a_line() -> None:
    line = '{"image": "a\u2028b\x85", "predictions": [{"index": 1, "label": "x", "probability": 0.%d}]}\n'
    found = compare(line % 50, line % 51)
    assert found is not None
    assert found.same_top
    assert 0.009 < found.largest < 0.011
