"""Stage *package*: a folder, or a onefile."""

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
    """A folder or a onefile, as it will be distributed.

    Attributes:
        path: the folder or the file, not yet under its final name.
        mode: standalone or onefile.
        size: bytes of the onefile, or of all files of the folder.
        sha256: of the onefile, or of the manifest.
        files: the contents.
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
    """Makes the package in the build folder; `verify.deliver` moves it to its final name.

    Args:
        application: what is built.
        folder: the assembled folder.
        launcher: the launcher of a onefile; None: the folder itself is the package.
        models: the models that the runtime uses, for the manifest; None: the application's own.
        known: digests of files of the folder that have not changed since.
        compressor: compresses the chunks of a onefile.
        log: for the output of the command that signs.
        on_progress: called with the bytes that are packed so far, and with all.

    Raises:
        PackageError: a file cannot be written.
        SigningError: the command that signs fails.
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
    """Compresses the onefile of an application, with `jobs` threads."""
    level = application.settings.compression_level or read_compression().level
    # Onefiles unpack into the same folder; none of them has this name.
    return ChunkCompressor(level, jobs, user_cache_path("tf2exe") / ".chunks")


def _files_to_sign(application: Application, folder: Path) -> list[Path]:
    """Files that the build has made; libraries of packages keep the signatures of their vendors."""
    return [folder / application.program, *sorted(folder.glob("*.pyd"))]
