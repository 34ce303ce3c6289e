from __future__ import annotations

import os
from pathlib import Path

import pytest

from image_classifier.inputs import image_sources


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.JPG", "a.png", "notes.txt", "[x].png", "-d.webp", "sub/c.tiff", "empty/readme"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*arguments: str) -> list[str]:
    return [source.name for source in image_sources(list(arguments))]


def codes(*arguments: str) -> list[str | None]:
    return [source.error.code if source.error else None for source in image_sources(list(arguments))]


@pytest.mark.usefixtures("folder")
def test_files_stay_as_given_and_in_order() -> None:
    sources = image_sources(["b.JPG", "./a.png", "missing.png", "notes.txt"])
    assert [source.name for source in sources] == ["b.JPG", "./a.png", "missing.png", "notes.txt"]
    assert sources[1].path == Path("a.png")


@pytest.mark.usefixtures("folder")
def test_folders_give_their_images_sorted() -> None:
    assert names(".") == [os.path.join(".", name) for name in ("-d.webp", "[x].png", "a.png", "b.JPG")]  # noqa: PTH118


def test_folders_given_absolutely(folder: Path) -> None:
    assert names(str(folder / "sub")) == [str(folder / "sub" / "c.tiff")]


@pytest.mark.usefixtures("folder")
def test_patterns_are_expanded_by_the_program() -> None:
    assert names("*.png", "**/*.tiff") == ["[x].png", "a.png", os.path.join("sub", "c.tiff")]  # noqa: PTH118


def test_patterns_given_absolutely(folder: Path) -> None:
    assert names(f"{folder}/s*/*") == [str(folder / "sub" / "c.tiff")]


@pytest.mark.usefixtures("folder")
def test_names_with_the_characters_of_patterns() -> None:
    assert names("[x].png") == ["[x].png"]
    assert codes("[x].png", "[y].png") == [None, "missing"]


@pytest.mark.usefixtures("folder")
def test_nothing_found() -> None:
    assert codes("empty", "*.gif", "") == ["no-images", "missing", "missing"]


def test_folder_that_cannot_be_listed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.listdir", refuse)
    (source,) = image_sources([str(folder)])
    assert source.error is not None
    assert source.error.code == "unreadable"
    assert "Permission denied" in str(source.error)


def test_standard_input() -> None:
    (source,) = image_sources(["-"])
    assert (source.name, source.path) == ("-", None)
