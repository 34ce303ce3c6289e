"""Stage *package*: a folder, or a single file."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from tf2exe.errors import PackageError
from tf2exe.knowledge.options import read_compression
from tf2exe.onefile import pack
from tf2exe.onefile.chunks import Chunks
from tf2exe.package import manifest, sign
from tf2exe.system import hard_links
from tf2exe.system.file_tree import hash_files, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.system.file_tree import FileDigest


@dataclass(frozen=True)
class Package:
    """What is handed to people.

    Attributes:
        path: the folder or the single file, not yet under its final name.
        mode: standalone or onefile.
        size: bytes of the single file, or of all files of the folder.
        sha256: of the single file, or of the manifest.
        files: what is inside.
    """

    path: Path
    mode: str
    size: int
    sha256: str
    files: tuple[FileDigest, ...]


def package(
    application: Application,
    folder: Path,
    launcher: Path | None,
    *,
    known: Iterable[FileDigest] = (),
    chunks: Chunks,
    log: Path,
    on_progress: Callable[[int, int], None],
) -> Package:
    """Packs the folder in the build folder; :func:`deliver` gives it its final name once it is verified.

    Args:
        application: what is built.
        folder: what starts as it is.
        launcher: what a single file begins with; None: the folder itself is handed to people.
        known: files of the folder that were read before and are unchanged since.
        chunks: what compresses a single file.
        log: where the compiler's words go.
        on_progress: told of the bytes that are packed, and of all.

    Raises:
        PackageError: a file cannot be written.
        SigningError: the command that signs fails.
    """
    sign.sign(application, _own(application, folder), log)
    files = hash_files(folder, {file.path: file for file in known})
    text = manifest.record(files, application.conversion).write(application.build / manifest.FILE)
    if launcher is None:
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Package(folder, "standalone", sum(file.size for file in files), digest, files)
    output = application.build / application.program
    try:
        packed = pack.pack(
            folder,
            entry=application.program,
            launcher=launcher,
            output=output,
            chunks=chunks,
            on_progress=on_progress,
        )
    except OSError as error:
        raise PackageError(
            f"cannot write {output}", str(error), "free disk space, or choose another --build-dir"
        ) from error
    if not sign.applies(application):
        return Package(output, "onefile", packed.size, packed.sha256, files)
    sign.sign(application, [output], log)
    return Package(output, "onefile", output.stat().st_size, sha256(output), files)


def chunks_for(application: Application, jobs: int) -> Chunks:
    """What compresses the application's single file, in so many threads."""
    level = application.settings.compression_level or read_compression().level
    return Chunks(level, jobs, user_cache_path("tf2exe") / ".chunks")  # no program unpacks under such a name


def _own(application: Application, folder: Path) -> list[Path]:
    """What the build has made itself; libraries of packages have the signatures of those who made them."""
    return [folder / application.program, *sorted(folder.glob("*.pyd"))]


def deliver(application: Application, built: Package) -> Path:
    """Puts the executable under its final name, in one step; only an earlier build is replaced.

    Raises:
        PackageError: the output folder cannot be written to, or something else has that name there.
    """
    final = final_path(application)
    refuse_foreign(application)
    partial = application.output / f".{final.name}.partial-{os.getpid()}"
    try:
        application.output.mkdir(parents=True, exist_ok=True)
        if built.path.is_dir():
            if final.is_dir() and hard_links.on_same_file_system(built.path, final):
                # Nearly all of an earlier build is the same: only what differs is replaced.
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
    """Where the executable will be: the single file, or the folder."""
    single = application.settings.mode == "onefile"
    return application.output / (application.program if single else application.name)


def refuse_foreign(application: Application) -> None:
    """Nothing but an earlier build is replaced; known before anything is built.

    Raises:
        PackageError: the output folder is a file, or something else has the executable's name there.
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
