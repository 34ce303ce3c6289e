"""The five photographs: where they come from, and that they are the ones that were meant."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Photograph:
    """A photograph of scikit-image's collection.

    Attributes:
        file_name: Name of the file, there and here.
        sha256: Hexadecimal SHA-256, as in scikit-image's own registry.
        licence: What allows us to pass it on.
        source: Who took it and where it was published.
    """

    file_name: str
    sha256: str
    licence: str
    source: str


PHOTOGRAPHS: Final = (
    Photograph(
        "astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        "public domain",
        "Eileen Collins, NASA, from the Great Images in NASA database",
    ),
    Photograph(
        "camera.png",
        "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
        "CC0-1.0",
        "a photographer with his camera, by Lav Varshney",
    ),
    Photograph(
        "chelsea.png",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        "CC0-1.0",
        "Chelsea the cat, by Stefan van der Walt",
    ),
    Photograph(
        "coffee.png",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        "CC0-1.0",
        "a cup of coffee, by Rachel Michetti, courtesy of Pikolo Espresso Bar",
    ),
    Photograph(
        "rocket.jpg",
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
        "public domain",
        "launch of DSCOVR on a Falcon 9, by SpaceX",
    ),
)


def copy_photographs(source: Path, target: Path) -> None:
    """Copies the photographs into the assets, checked; a folder onto itself is only checked.

    Raises:
        ValueError: A file is not the photograph that its name promises.
    """
    for photograph in PHOTOGRAPHS:
        path = source / photograph.file_name
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != photograph.sha256:
            raise ValueError(f"{path} has SHA-256 {found}, expected {photograph.sha256}")
        if source.resolve() != target.resolve():
            shutil.copyfile(path, target / photograph.file_name)


def licences() -> str:
    """The text of `LICENSES.md` beside the photographs."""
    rows = "".join(f"| {p.file_name} | {p.licence} | {p.source} | `{p.sha256}` |\n" for p in PHOTOGRAPHS)
    return f"""\
# The sample photographs

From the collection of scikit-image (folder `skimage/data`, README.txt there), unchanged.

| file | licence | source | SHA-256 |
|---|---|---|---|
{rows}"""
