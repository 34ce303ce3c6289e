"""Stage *package*: makes the folder or the onefile that is distributed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

from tf2exe.errors import PackageError
from tf2exe.knowledge.options import read_compression
from tf2exe.onefile.chunk_compressor import ChunkCompressor
from tf2exe.onefile.pack import pack_onefile
from tf2exe.package import manifest, sign
from tf2exe.system.file_tree import hash_files, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tf2exe.config.application import Application
    from tf2exe.system.file_tree import FileDigest


@dataclass(frozen=True)
class Package:
    """A folder or a onefile.

    Attributes:
        path: of the folder or file.
        mode: standalone or onefile.
        size: bytes of the onefile, or of all files of the folder.
        sha256: of the onefile, or of the manifest.
        files: all files of the folder, or of the unpacked onefile.
    """

    path: Path
    mode: str
    size: int
    sha256: str
    files: tuple[FileDigest, ...]


def create_package(
    application: Application,
    folder: Path,
    launcher: Path | None,
    *,
    models: manifest.Models | None = None,
    known: Iterable[FileDigest] = (),
    compressor: ChunkCompressor,
    log: Path,
    on_progress: Callable[[int, int], None],
) -> Package:
    """Makes the package in the build folder; `verify/deliver.py` moves it to its final name.

    Args:
        application: what is built.
        folder: the assembled folder.
        launcher: the compiled launcher of a onefile; None: the package is the folder.
        models: the converted models, for the manifest; None: the application's own models are used.
        known: digests of files in the folder that have not changed; the others are hashed.
        compressor: compresses the chunks of a onefile.
        log: receives the output of `sign-command`.
        on_progress: called with the number of bytes that are packed, and their total.

    Raises:
        PackageError: a file cannot be written.
        SigningError: `sign-command` fails, or leaves no signature.
    """
    sign.sign_files(application, _files_to_sign(application, folder), log)
    files = hash_files(folder, {file.path: file for file in known})
    text = manifest.make_manifest(files, models).write(application.build / manifest.FILE)
    if launcher is None:
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Package(folder, "standalone", sum(file.size for file in files), digest, files)
    output = application.build / application.program
    try:
        packed = pack_onefile(
            folder,
            start=application.program,
            launcher=launcher,
            output=output,
            compressor=compressor,
            on_progress=on_progress,
        )
    except OSError as error:
        raise PackageError(
            f"cannot write {output}", str(error), "free disk space, or choose another --build-dir"
        ) from error
    if not sign.is_enabled(application):
        return Package(output, "onefile", packed.size, packed.sha256, files)
    sign.sign_files(application, [output], log)
    return Package(output, "onefile", output.stat().st_size, sha256(output), files)


def create_compressor(application: Application, jobs: int) -> ChunkCompressor:
    """The compressor for an application's onefile, with `jobs` threads and the cache of the user."""
    level = application.settings.compression_level or read_compression().level
    # Onefiles also unpack into this folder. No program's name begins with a dot (see `pack`).
    return ChunkCompressor(level, jobs, user_cache_path("tf2exe") / ".chunks")


def _files_to_sign(application: Application, folder: Path) -> list[Path]:
    """The files that tf2exe compiled; bundled libraries keep the signatures of their vendors."""
    return [folder / application.program, *sorted(folder.glob("*.pyd"))]
