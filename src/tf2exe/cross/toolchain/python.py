"""CPython for Windows, with what the builder needs of packages and of DLLs."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.cross.toolchain import pip
from tf2exe.errors import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tf2exe.cross.toolchain.pins import Pins

NEEDED = ("DLLs", "Lib", "include", "libs", "tcl")
"""Folders of the distribution; what else it has is documentation and tools."""


def make(pins: Pins, target: Path, *, log: Path, on_line: Callable[[str], None]) -> None:
    """Unpacks CPython, then puts the builder's packages and the newer DLLs in.

    Raises:
        ToolchainError: a download failed, or is another one than the pinned one.
    """
    work = target.with_name("python.partial")
    shutil.rmtree(work, ignore_errors=True)
    base = work / "python"
    _unpack(pip.download_source(pins.python, work / "cpython", log=log, on_line=on_line), base, log)
    site = base / "Lib" / "site-packages"
    pip.install_wheels(pins.of("builder"), pins.python_version, site, log=log, on_line=on_line)
    _nuitka(pip.download_source(pins.nuitka, work / "nuitka", log=log, on_line=on_line), site)
    _system(pins, work / "system", base, log, on_line)
    shutil.rmtree(target, ignore_errors=True)
    base.rename(target)
    shutil.rmtree(work)


def _unpack(archive: Path, base: Path, log: Path) -> None:
    data = archive.with_suffix(".zip")
    with tarfile.open(archive) as outer:
        member = next((m for m in outer if Path(m.name).name == "data.zip"), None)
        content = outer.extractfile(member) if member else None
        if content is None:
            raise ToolchainError(f"no Python in {archive.name}", "it has no data.zip", "see the log", log)
        with data.open("wb") as out:
            shutil.copyfileobj(content, out)
    with zipfile.ZipFile(data) as inner:
        for name in inner.namelist():
            parts = Path(name).parts[1:]  # below a folder that names the version
            if not parts or name.endswith("/") or not _is_needed(parts):
                continue
            path = base.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(inner.read(name))


def _is_needed(parts: tuple[str, ...]) -> bool:
    if parts[:2] == ("Lib", "site-packages") or "__pycache__" in parts or parts[:2] == ("Lib", "test"):
        return False
    return len(parts) == 1 or parts[0] in NEEDED


def _nuitka(archive: Path, site: Path) -> None:
    """Nuitka as it is in its source: installing would leave out what it needs on Windows."""
    with tarfile.open(archive) as source:
        # Python 3.11.2, as Debian 12 has it, knows no filters.
        source.extraction_filter = getattr(tarfile, "data_filter", None)
        source.extractall(archive.parent)  # noqa: S202 - a file of which the hash is pinned
    root = next(path for path in archive.parent.iterdir() if path.is_dir())
    (root / "nuitka").rename(site / "nuitka")
    facts = site / f"{root.name}.dist-info"
    facts.mkdir()
    shutil.copyfile(root / "PKG-INFO", facts / "METADATA")


def _system(pins: Pins, work: Path, base: Path, log: Path, on_line: Callable[[str], None]) -> None:
    """The DLLs of the Visual C++ Redistributable, beside python.exe, where Windows has them for all."""
    pip.install_wheels(pins.of("system"), pins.python_version, work, log=log, on_line=on_line)
    for path in work.rglob("*.dll"):
        shutil.copyfile(path, base / path.name)
