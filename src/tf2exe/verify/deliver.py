"""Moves the verified executable to its final path."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from tf2exe.errors import PackageError
from tf2exe.system import hard_links

if TYPE_CHECKING:
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.package.stage import Package


def deliver(application: Application, built: Package) -> Path:
    """Moves the executable to its final name, in one step; only an earlier build is replaced.

    Raises:
        PackageError: the output folder cannot be written to, or the path exists and is not an earlier build.
    """
    final = final_path(application)
    raise_if_occupied(application)
    partial = application.output / f".{final.name}.partial-{os.getpid()}"
    try:
        application.output.mkdir(parents=True, exist_ok=True)
        if built.path.is_dir():
            if final.is_dir() and hard_links.on_same_file_system(built.path, final):
                # Most files of an earlier build are the same: only those that differ are replaced.
                final.replace(partial)
            hard_links.mirror(built.path, partial)
            if final.is_symlink() or final.exists():
                hard_links.remove(final)
            partial.replace(final)
        else:
            shutil.copy2(built.path, partial)
            if final.is_dir():
                hard_links.remove(final)
            partial.replace(final)
    except OSError as error:
        raise PackageError(f"cannot write {final}", str(error), "choose another --output-dir") from error
    finally:
        with contextlib.suppress(OSError):
            hard_links.remove(partial)
    return final


def final_path(application: Application) -> Path:
    """The path of the delivered executable: a onefile, or a folder."""
    single = application.settings.mode == "onefile"
    return application.output / (application.program if single else application.name)


def raise_if_occupied(application: Application) -> None:
    """Checks, before anything is built, that the final path is free or an earlier build.

    Raises:
        PackageError: the output folder is a file, or the final path exists and is not an earlier build.
    """
    final, output = final_path(application), application.output
    if output.exists() and not output.is_dir():
        raise PackageError(
            f"cannot write {final}", f"{output} is not a folder", "choose another --output-dir"
        )
    if final == application.entry.source or (final.is_dir() and not _is_build(final)):
        raise PackageError(
            f"cannot write {final}",
            "the path exists and was not created by tf2exe",
            "choose another --output-dir or --name",
        )


def _is_build(folder: Path) -> bool:
    return (folder / "lib" / "tf2exe").is_dir() or not any(folder.iterdir())
