"""Builds variants with empty caches and remembers them: a later comparison builds only what changed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.comparison.build_runner import Build, make, versions
from tf2exe.comparison.cases import try_corpus
from tf2exe.config.stage import load_application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tf2exe.comparison.configurations import Variant
    from tf2exe.config.request import Request
    from tf2exe.samples.corpus import Corpus
    from tf2exe.system.progress import Listener

FORMAT = 2


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
    """The build of a variant, made now or remembered, with what a corpus showed.

    Args:
        variant: the variant.
        request: the application.
        folder: keeps builds and what is remembered.
        listener: observes the stages of a build.
        say: called with what is done now.
        rebuild: build it even if it exists.
        limit: minutes after which plain Nuitka is stopped.
        corpus: cases to try the program with, unless it was tried with as many before.
    """
    built = _built(variant, request, folder, listener, say=say, rebuild=rebuild, limit=limit)
    if corpus is None or (built.corpus and built.corpus["cases"] == len(corpus.cases)):
        return built
    say(f"running {len(corpus.cases)} cases: {variant.title}")
    tried = try_corpus(variant, built, request, corpus, folder / variant.key, say=say)
    _remember(tried, folder / variant.key, _fingerprint(variant, request))
    return tried


def _built(
    variant: Variant,
    request: Request,
    folder: Path,
    listener: Listener,
    *,
    say: Callable[[str], None],
    rebuild: bool,
    limit: float,
) -> Build:
    """The build of a variant, made now or remembered.

    Args:
        variant: the variant.
        request: the application.
        folder: keeps builds and what is remembered.
        listener: observes the stages of a build.
        say: called with what is done now.
        rebuild: build it even if it exists.
        limit: minutes after which plain Nuitka is stopped.
    """
    own = folder / variant.key
    record = own / "build.json"
    key = _fingerprint(variant, request)
    if record.is_file() and not rebuild:
        stored = json.loads(record.read_text(encoding="utf-8"))
        if stored.pop("key", "") == key and stored.pop("format", 0) == FORMAT:
            found = Build(**stored)
            if found.problem or Path(found.program).exists():
                return found
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    say(f"building {variant.title}")
    with _no_caches(own / "cache"):
        built = make(variant, request, own, listener, limit)
    if built.problem:
        say(built.problem)
    shutil.rmtree(own / "cache", ignore_errors=True)
    _remember(built, own, key)
    return built


def _remember(built: Build, own: Path, key: str) -> None:
    document = {"format": FORMAT, "key": key, **dataclasses.asdict(built)}
    (own / "build.json").write_text(json.dumps(document, indent=1), encoding="utf-8")


def _fingerprint(variant: Variant, request: Request) -> str:
    """Changes when another build would come out, as far as that is seen without building."""
    application = load_application(request.config, variant.settings(request.given), request.folder)
    settings = application.settings.model_dump_json(exclude={"output_dir", "build_dir", "compare"})
    digest = hashlib.blake2b(f"{variant.key} {settings} {sys.version} {versions()}".encode(), digest_size=16)
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
def _no_caches(folder: Path) -> Iterator[None]:
    """Empty caches of ccache, Nuitka and tf2exe, as in a first build."""
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
