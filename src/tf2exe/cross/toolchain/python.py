"""CPython for Windows, with the packages and DLLs that the builder needs."""

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
"""The folders that are used; the others are documentation and tools."""


def install(pins: Pins, target: Path, *, log: Path, on_line: Callable[[str], None]) -> None:
    """Unpacks CPython, and adds the builder's packages and newer DLLs.

    Raises:
        ToolchainError: a download failed, or has another hash.
    """
    work = target.with_name("python.partial")
    shutil.rmtree(work, ignore_errors=True)
    base = work / "python"
    _unpack(pip.download_source(pins.python, work / "cpython", log=log, on_line=on_line), base, log)
    site = base / "Lib" / "site-packages"
    pip.install_wheels(pins.of("builder"), pins.python_version, site, log=log, on_line=on_line)
    _install_nuitka(pip.download_source(pins.nuitka, work / "nuitka", log=log, on_line=on_line), site)
    _install_system_dlls(pins, work / "system", base, log, on_line)
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
            parts = Path(name).parts[1:]  # the first folder has the version in its name
            if not parts or name.endswith("/") or not _is_needed(parts):
                continue
            path = base.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(inner.read(name))


def _is_needed(parts: tuple[str, ...]) -> bool:
    if parts[:2] == ("Lib", "site-packages") or "__pycache__" in parts or parts[:2] == ("Lib", "test"):
        return False
    return len(parts) == 1 or parts[0] in NEEDED


def _install_nuitka(archive: Path, site: Path) -> None:
    """Copies Nuitka from its source distribution: an installation lacks tools that it needs on Windows."""
    with tarfile.open(archive) as source:
        # Python 3.11.2 (Debian 12) has no filters.
        source.extraction_filter = getattr(tarfile, "data_filter", None)
        source.extractall(archive.parent)  # noqa: S202 - the hash of the file is pinned
    root = next(path for path in archive.parent.iterdir() if path.is_dir())
    (root / "nuitka").rename(site / "nuitka")
    metadata = site / f"{root.name}.dist-info"
    metadata.mkdir()
    shutil.copyfile(root / "PKG-INFO", metadata / "METADATA")


def _install_system_dlls(
    pins: Pins, work: Path, base: Path, log: Path, on_line: Callable[[str], None]
) -> None:
    """Copies the DLLs of the Visual C++ Redistributable next to python.exe."""
    pip.install_wheels(pins.of("system"), pins.python_version, work, log=log, on_line=on_line)
    for path in work.rglob("*.dll"):
        shutil.copyfile(path, base / path.name)
