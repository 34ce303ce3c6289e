from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pytest
from hypothesis import settings

from fuzzing.quick_runtime import quick_models
from image_classifier.command_line import Models, run
from image_classifier.inference import ImageClassifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# A busy machine must not fail a test, and a run leaves nothing behind.
settings.register_profile("image_classifier", deadline=None, database=None)
settings.load_profile("image_classifier")

REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


class CommandLine(Protocol):
    def __call__(self, *arguments: str | Path) -> Outcome: ...


class SharedModels(Models):
    """Answers with one classifier for the whole session where the command line asks for the bundled one."""

    def __init__(self, classifier: ImageClassifier) -> None:
        super().__init__()
        self.bundled = classifier
        self.asked = 0

    def loader(
        self, model: str | None, labels: str | None, threads: int | None = None
    ) -> Callable[[], ImageClassifier]:
        def load() -> ImageClassifier:
            self.asked += 1
            return self.bundled

        return load if model is None and labels is None else super().loader(model, labels, threads)


@pytest.fixture(scope="session")
def samples() -> Path:
    return REPOSITORY / "assets" / "samples"


@pytest.fixture(scope="session")
def classifier() -> ImageClassifier:
    return ImageClassifier()


@pytest.fixture
def models(classifier: ImageClassifier) -> SharedModels:
    return SharedModels(classifier)


@pytest.fixture(scope="session")
def reference() -> dict[str, NDArray[np.generic]]:
    with np.load(REPOSITORY / "tests" / "data" / "efficientnet_lite0_reference.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def command_line(models: SharedModels) -> CommandLine:
    """Runs a command line in this process, with streams like those that the program sets up."""
    return running(models)


@pytest.fixture
def quick_command_line() -> CommandLine:
    """The same, with a runtime that computes the same bits on every processor and in every batch."""
    with quick_models():
        return running(SharedModels(ImageClassifier()))


def running(models: SharedModels) -> CommandLine:
    def run_it(*arguments: str | Path) -> Outcome:
        out, err = (
            io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", newline="\n")
            for _ in range(2)
        )
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run([str(argument) for argument in arguments], models)
        written = []
        for stream in (out, err):
            stream.seek(0)
            written.append(stream.read())
        return Outcome(code, *written)

    return run_it
