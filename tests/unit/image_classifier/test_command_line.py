from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from image_classifier import __version__
from image_classifier import command_line as module
from image_classifier.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.image_classifier.conftest import CommandLine, SharedModels


def test_one_image(command_line: CommandLine, samples: Path) -> None:
    answer = command_line(samples / "coffee.png", "--top", "2")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out == "espresso   95.11%\ncup         1.50%\n"


def test_many_images_in_every_way(
    command_line: CommandLine, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(samples / "coffee.png", tmp_path / "-dash.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((samples / "rocket.jpg").read_bytes())))
    options = ["--top", "1", "--format", "jsonl", "--batch-size", "2"]
    answer = command_line(*options, "--", "-dash.png", samples, str(samples / "c*.png"), "-")
    assert (answer.code, answer.err) == (0, "")
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert [(line["image"], line["predictions"][0]["label"]) for line in lines] == [
        ("-dash.png", "espresso"),
        (str(samples / "astronaut.png"), "football helmet"),
        (str(samples / "camera.png"), "tripod"),
        (str(samples / "chelsea.png"), "tiger cat"),
        (str(samples / "coffee.png"), "espresso"),
        (str(samples / "rocket.jpg"), "missile"),
        (str(samples / "camera.png"), "tripod"),
        (str(samples / "chelsea.png"), "tiger cat"),
        (str(samples / "coffee.png"), "espresso"),
        ("-", "missile"),
    ]


@pytest.mark.parametrize("name", ["text", "json", "jsonl", "csv"])
def test_batch_size_does_not_change_a_byte(quick_command_line: CommandLine, samples: Path, name: str) -> None:
    answers = {
        quick_command_line(samples, "--format", name, "--batch-size", size) for size in ("1", "2", "3", "32")
    }
    (answer,) = answers
    assert (answer.code, answer.err) == (0, "")
    assert "rocket.jpg" in answer.out


def test_images_that_cannot_be_read_do_not_stop_the_others(
    command_line: CommandLine, samples: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("text")
    images: list[str | Path] = [
        "missing\n.png",
        samples / "camera.png",
        tmp_path,
        samples / "rocket.jpg",
        str(tmp_path / "*.gif"),
    ]
    for size in ("1", "2", "32"):
        answer = command_line(*images, "--format", "json", "--batch-size", size)
        assert answer.code == ExitCode.IMAGE
        results = json.loads(answer.out)["images"]
        assert [image["error"]["code"] if "error" in image else "" for image in results] == [
            "missing", "", "empty", "not-an-image", "", "missing",
        ]  # fmt: skip
        errors = answer.err.splitlines()
        assert len(errors) == 4
        assert all(line.startswith("image-classifier: error: ") for line in errors)
        assert "missing\\n.png: the file does not exist" in errors[0]


def test_model_is_not_loaded_for_nothing(command_line: CommandLine, models: SharedModels) -> None:
    assert command_line("missing.png", "missing.jpg").code == ExitCode.IMAGE
    assert models.asked == 0


def test_output_file(command_line: CommandLine, samples: Path, tmp_path: Path) -> None:
    shown = command_line(samples / "camera.png", "--format", "csv")
    stored = command_line(samples / "camera.png", "--format", "csv", "--output", tmp_path / "out.csv")
    assert (stored.code, stored.out, stored.err) == (0, "", "")
    assert (tmp_path / "out.csv").read_bytes() == shown.out.encode()


def test_output_file_is_whole_although_an_image_failed(
    command_line: CommandLine, samples: Path, tmp_path: Path
) -> None:
    images: list[str | Path] = [samples / "camera.png", "missing.png"]
    assert command_line(*images, "--format", "json", "--output", tmp_path / "out").code == ExitCode.IMAGE
    assert len(json.loads((tmp_path / "out").read_text())["images"]) == 2


@pytest.fixture
def faulty(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a photograph and things that are no model and no labels."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(samples / "camera.png", tmp_path)
    (tmp_path / "short.txt").write_text("one\n")
    (tmp_path / "bad.keras").write_text("no model")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "no image given"),
        (["-", "-"], 2, "only once"),
        (["x.png", "--top", "0"], 2, "at least 1"),
        (["x.png", "--batch-size", "many"], 2, "at least 1"),
        (["x.png", "--format", "xml"], 2, "invalid choice"),
        (["x.png", "--threads", "1025"], 2, "'1025' is more than 1024"),
        (["x.png", "--no\nsuch\x1b[2J"], 2, "--no\\nsuch\\x1b[2J"),
        (["x.png", "--form", "csv"], 2, "unrecognized arguments"),
        (["x.png", "--model", "missing.keras"], 4, "missing.keras does not exist"),
        (["camera.png", "--labels", "missing.txt"], 5, "missing.txt cannot be read"),
        (["camera.png", "--labels", "/dev/zero"], 5, "more than 16777216 characters"),
        (["camera.png", "--labels", "short.txt"], 5, "1 lines, the model has 1000 classes"),
        (["camera.png", "--model", "bad.keras"], 4, "is no Keras file"),
        (["camera.png", "--output", "missing/out"], 6, "cannot be written"),
        (["--self-test"], 8, "no golden answers"),
    ],
)
def test_errors(command_line: CommandLine, faulty: Path, arguments: list[str], code: int, words: str) -> None:
    before = sorted(faulty.iterdir())
    answer = command_line(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert words in answer.err.splitlines()[-1]
    assert answer.err.splitlines()[-1].startswith("image-classifier: error: ")
    assert len(answer.err.splitlines()) == 1 or answer.err.startswith("usage: image-classifier ")
    assert sorted(faulty.iterdir()) == before


def test_help_and_version(command_line: CommandLine) -> None:
    assert command_line("--version").out == f"image-classifier {__version__}\n"
    text = command_line("--help").out
    codes = {str(code.value) for code in ExitCode}
    assert text.startswith("usage: image-classifier ")
    assert codes <= set(text.replace(";", " ").replace(":", " ").split())


def test_interrupted(command_line: CommandLine, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("image_classifier.classify.classify", interrupt)
    answer = command_line(samples)
    assert (answer.code, answer.out, answer.err) == (ExitCode.INTERRUPTED, "", "")


def test_programs_name_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/somewhere/image_classifier.bin"])
    assert module.parser().prog == "image-classifier"
