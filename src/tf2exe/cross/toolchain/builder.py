"""The command and the environment of this builder in Wine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cross.toolchain.location import windows_path
from tf2exe.system.shipped_files import shipped_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tf2exe.cross.toolchain.location import CrossToolchain


def command(toolchain: CrossToolchain, words: Sequence[str]) -> list[str]:
    """The command line of tf2exe in CPython for Windows."""
    return [str(toolchain.python / "python.exe"), "-m", "tf2exe", *words]


def variables(toolchain: CrossToolchain, folder: Path, groups: Iterable[str]) -> dict[str, str]:
    """The environment variables of the builder in Wine, in addition to the toolchain's.

    Args:
        toolchain: the toolchain.
        folder: is replaced; links to the sources of this builder.
        groups: package groups; those that are not installed are left out.
    """
    paths = (link_sources(folder), *(toolchain.packages(group) for group in groups))
    return {"PYTHONPATH": ";".join(windows_path(path) for path in paths if path.is_dir())}


def link_sources(folder: Path) -> Path:
    """Links this builder and its data in a folder, apart from the packages of its environment."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "tf2exe").symlink_to(Path(__file__).resolve().parents[2])
    for name in ("nuitka_options", "docs"):
        (folder / name).symlink_to(shipped_path(name))
    return folder / "src"
