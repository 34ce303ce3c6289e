"""Builds variants with empty caches, and keeps them: later comparisons build only what changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tf2exe.comparison.build_runner import Build, run_build, tool_versions
from tf2exe.comparison.cases import run_corpus
from tf2exe.config.stage import load_application
from tf2exe.system.document import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tf2exe.comparison.configurations import Variant
    from tf2exe.config.request import Request
    from tf2exe.samples.corpus import Corpus
    from tf2exe.system.progress import Listener

RECORD = "build.json"


class BuildRecord(Build, Document):
    """A build that is kept; `key` changes with the sources and the settings."""

    format: Literal[2] = 2
    key: str


def build_variant(
    variant: Variant,
    request: Request,
    folder: Path,
    listener: Listener,
    *,
    say: Callable[[str], None],
    rebuild: bool,
    limit: float,
    corpus: Corpus | None,
) -> Build:
    """Builds a variant, unless an earlier build can be used, and compares it over a corpus.

    Args:
        variant: the variant.
        request: the application.
        folder: of all builds.
        listener: observes the stages of a build.
        say: called with lines of progress.
        rebuild: build it even if it exists.
        limit: minutes after which plain Nuitka is stopped.
        corpus: the cases; they are not run again if as many were run before.
    """
    built = _build(variant, request, folder, listener, say=say, rebuild=rebuild, limit=limit)
    if corpus is None or (built.corpus and built.corpus.cases == len(corpus.cases)):
        return built
    say(f"running {len(corpus.cases)} cases: {variant.title}")
    compared = run_corpus(variant, built, request, corpus, folder / variant.key, say=say)
    _keep(compared, folder / variant.key, _fingerprint(variant, request))
    return compared


def _build(
    variant: Variant,
    request: Request,
    folder: Path,
    listener: Listener,
    *,
    say: Callable[[str], None],
    rebuild: bool,
    limit: float,
) -> Build:
    own = folder / variant.key
    key = _fingerprint(variant, request)
    if not rebuild:
        with suppress(OSError, DocumentError):
            kept = BuildRecord.read(own / RECORD)
            if kept.key == key and (kept.problem or Path(kept.program).exists()):
                return kept
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    say(f"building {variant.title}")
    with _empty_caches(own / "cache"):
        built = run_build(variant, request, own, listener, limit)
    if built.problem:
        say(built.problem)
    shutil.rmtree(own / "cache", ignore_errors=True)
    _keep(built, own, key)
    return built


def _keep(built: Build, own: Path, key: str) -> None:
    BuildRecord(**{**dict(built), "key": key}).write(own / RECORD)


def _fingerprint(variant: Variant, request: Request) -> str:
    """A hash of the settings, the sources and the tools."""
    application = load_application(request.config, variant.settings(request.given), request.folder)
    settings = application.settings.model_dump_json(exclude={"output_dir", "build_dir", "compare"})
    digest = hashlib.blake2b(
        f"{variant.key} {settings} {sys.version} {tool_versions()}".encode(), digest_size=16
    )
    sources = [file for root in application.roots for file in root.glob("*.py")]
    entry = application.entry
    if entry.kind != "script":
        top = entry.target.partition(":")[0].partition(".")[0]
        sources += [file for root in application.roots for file in (root / top).rglob("*.py")]
    for file in sorted({*sources, *(data.source for data in application.data)}):
        status = file.stat()
        digest.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@contextmanager
def _empty_caches(folder: Path) -> Iterator[None]:
    """Sets empty caches for ccache, Nuitka and tf2exe, as in a first build."""
    changed = {"XDG_CACHE_HOME": str(folder), "CCACHE_DIR": str(folder / "ccache")}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
