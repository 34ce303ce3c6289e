"""This builder as it runs in the toolchain's Wine, with the packages that lie there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cross.toolchain.location import windows_path
from tf2exe.system.shipped_files import shipped_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tf2exe.cross.toolchain.location import Place


def command(place: Place, words: Sequence[str]) -> list[str]:
    """A command of tf2exe for Wine."""
    return [str(place.python / "python.exe"), "-m", "tf2exe", *words]


def variables(place: Place, folder: Path, groups: Iterable[str]) -> dict[str, str]:
    """What it needs beside the toolchain's own environment.

    Args:
        place: of the toolchain.
        folder: is made anew, and names what this builder consists of.
        groups: of packages; those that are not there are left out.
    """
    paths = (lay_out(folder), *(place.packages(group) for group in groups))
    return {"PYTHONPATH": ";".join(windows_path(path) for path in paths if path.is_dir())}


def lay_out(folder: Path) -> Path:
    """This builder and its data alone, without the packages of the machine that may lie beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "tf2exe").symlink_to(Path(__file__).resolve().parents[2])
    for name in ("nuitka_options", "docs"):
        (folder / name).symlink_to(shipped_path(name))
    return folder / "src"
