"""Data files of an application, as its settings give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tf2exe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tf2exe.config.application import Application

    Project = Callable[..., Application]

RUN = {"run.py": "print('hello')\n"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model.keras", [("model.keras", "model.keras")]),
        ("model.keras=weights.keras", [("model.keras", "weights.keras")]),
        ("model.keras=data/", [("model.keras", "data/model.keras")]),
        ("model.keras=.", [("model.keras", "model.keras")]),
        ("model.keras=./", [("model.keras", "model.keras")]),
        ("model.keras=./m.keras", [("model.keras", "m.keras")]),
        ("assets", [("assets/a.txt", "assets/a.txt"), ("assets/deep/b.txt", "assets/deep/b.txt")]),
        ("assets=data", [("assets/a.txt", "data/a.txt"), ("assets/deep/b.txt", "data/deep/b.txt")]),
        ("assets=.", [("assets/a.txt", "a.txt"), ("assets/deep/b.txt", "deep/b.txt")]),
        (
            "assets=data/",
            [("assets/a.txt", "data/assets/a.txt"), ("assets/deep/b.txt", "data/assets/deep/b.txt")],
        ),
        ("*.keras", [("model.keras", "model.keras"), ("other.keras", "other.keras")]),
        ("*.keras=models", [("model.keras", "models/model.keras"), ("other.keras", "models/other.keras")]),
    ],
)
def test_data(project: Project, tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    names = ("model.keras", "other.keras", "assets/a.txt", "assets/deep/b.txt")
    application = project({**RUN, **dict.fromkeys(names, "x")}, entry="run.py", data=[text])
    assert [(file.source, file.destination) for file in application.data] == [
        (tmp_path / source, destination) for source, destination in expected
    ]
    assert all(text in file.reason for file in application.data)


def test_data_beside_the_script_of_another_folder(project: Project) -> None:
    files = {"programs/run.py": "", "programs/model.keras": "x", "elsewhere.keras": "x"}
    application = project(files, entry="programs/run.py", data=["programs/model.keras", "elsewhere.keras"])
    assert [file.destination for file in application.data] == ["model.keras", "elsewhere.keras"]


@pytest.mark.parametrize(
    "destination", ["../x", "/x", "a/../../x", "lib/x", "lib", "./lib/x", "run", "run/x", "/"]
)
def test_refused_destinations(project: Project, destination: str) -> None:
    with pytest.raises(ConfigurationError, match="invalid data destination"):
        project({**RUN, "model.keras": "x"}, entry="run.py", data=[f"model.keras={destination}"])


def test_two_files_for_one_place(project: Project) -> None:
    files = {**RUN, "a/x.txt": "a", "b/x.txt": "b"}
    with pytest.raises(
        ConfigurationError, match=r"two data files have the same destination 'x\.txt'.*a/x\.txt.*b/x\.txt"
    ):
        project(files, entry="run.py", data=["a/x.txt=x.txt", "b/x.txt=x.txt"])
    assert len(project(files, entry="run.py", data=["a/x.txt=x.txt", "a/*=./"]).data) == 1


def test_golden_answers_have_a_place_of_their_own(project: Project) -> None:
    files = {**RUN, "golden/x.txt": "a"}
    assert project(files, entry="run.py", data=["golden"]).data
    with pytest.raises(ConfigurationError, match="invalid data destination 'golden'"):
        project(files, entry="run.py", data=["golden"], verify={"golden": True})


def test_missing_data(project: Project) -> None:
    with pytest.raises(ConfigurationError, match=r"no data 'model\.keras'"):
        project(RUN, entry="run.py", data=["model.keras"])
