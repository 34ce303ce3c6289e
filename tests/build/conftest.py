"""Fixtures of real executables, pictures and the corpus."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from executables import CHECKOUT, Builder

if TYPE_CHECKING:
    from executables import Executable

PHOTOS = CHECKOUT / "assets" / "samples"
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("build")


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    base = tmp_path_factory.getbasetemp()  # in a worker, a folder inside that of the session
    folder = (base.parent if IS_WORKER else base) / "executables"
    folder.mkdir(exist_ok=True)
    return Builder(folder)


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("standalone", marks=pytest.mark.makes("classifier standalone", seconds=50)),
        pytest.param("onefile", marks=pytest.mark.makes("classifier onefile", seconds=100)),
    ],
)
def classifier(request: pytest.FixtureRequest, builder: Builder) -> Executable:
    return builder.classifier(request.param)


@pytest.fixture(scope="session")
def pictures(builder: Builder) -> Path:
    """Images with formats, colour modes and faults that no sample has."""
    return builder.cache.get_or_make("pictures", draw)


@pytest.fixture(scope="session")
def corpus(builder: Builder) -> Path:
    """The corpus of scripts/make_corpus.py."""

    def make(folder: Path) -> None:
        done = builder.python(str(CHECKOUT / "scripts" / "make_corpus.py"), str(folder), cwd=folder)
        assert done.exit_code == 0, done.stderr

    return builder.cache.get_or_make("corpus", make)


def draw(folder: Path) -> None:
    photo = Image.open(PHOTOS / "coffee.png").convert("RGB")
    for suffix in ("webp", "bmp", "gif", "tiff", "avif", "jpg"):
        photo.save(folder / f"coffee.{suffix}")
    photo.convert("CMYK").save(folder / "cmyk.jpg")
    photo.convert("LA").save(folder / "grey alpha.png")
    Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 60).convert("I;16").save(folder / "sixteen.png")
    (folder / "kaffee-äöü-☕.png").write_bytes((PHOTOS / "coffee.png").read_bytes())
    (folder / "truncated.png").write_bytes((PHOTOS / "coffee.png").read_bytes()[:20_000])
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("no image", encoding="utf-8")
