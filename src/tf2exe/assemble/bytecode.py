"""Writes bundled Python modules: the source, and bytecode that is never checked against it."""

from __future__ import annotations

import importlib.util
import marshal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tf2exe.errors import PackageError

if TYPE_CHECKING:
    from tf2exe.knowledge.rules import SourcePatch

UNCHECKED_HASH = 0b01
"""PEP 552 flags of bytecode that Python does not check against its source: one `stat` less per import."""

HEADER_SIZE = 16


@dataclass(frozen=True)
class WrittenSource:
    """A module whose source was written.

    Attributes:
        is_complete: all replacements were found.
        bytecode: the content of its bytecode file; empty if the source cannot be compiled.
    """

    is_complete: bool
    bytecode: bytes


def write_module(source: Path, target: Path, *, base: Path, replacements: tuple[SourcePatch, ...]) -> bool:
    """Writes a module and its bytecode file.

    Returns:
        Whether all replacements were found; the arguments are those of :func:`write_source`.
    """
    written = write_source(source, target, base=base, replacements=replacements)
    write_bytecode(target, written.bytecode)
    return written.is_complete


def write_bytecode(target: Path, bytecode: bytes) -> None:
    """Writes a module's bytecode into ``__pycache__``, if there is any."""
    if bytecode:
        # Not `cache_from_source`, because PYTHONPYCACHEPREFIX changes its result.
        cached = target.parent / "__pycache__" / f"{target.stem}.{sys.implementation.cache_tag}.pyc"
        cached.parent.mkdir(exist_ok=True)
        cached.write_bytes(bytecode)


def write_source(
    source: Path, target: Path, *, base: Path, replacements: tuple[SourcePatch, ...]
) -> WrittenSource:
    """Writes a module's source, and compiles its bytecode.

    Args:
        source: the installed module.
        target: the path of the written source.
        base: the folder whose path is removed from the bytecode.
        replacements: the patches of the source.
    """
    text = source.read_bytes()
    complete = True
    for replacement in replacements:
        changed = replacement.apply(text)
        complete = complete and changed is not None
        text = text if changed is None else changed
    code = None if replacements else _read_installed(source, text)
    if code is None:
        code = _compile(text, source)
    code = _replace_path(code, base)
    header = (
        importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little") + importlib.util.source_hash(text)
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text)
    return WrittenSource(complete, header + code if code else b"")


def _read_installed(source: Path, text: bytes) -> bytes | None:
    """The code of the installed bytecode file, if it is up to date."""
    try:
        stored = Path(importlib.util.cache_from_source(str(source), optimization="")).read_bytes()
    except OSError:
        return None
    if stored[:4] != importlib.util.MAGIC_NUMBER or len(stored) < HEADER_SIZE:
        return None
    flags = int.from_bytes(stored[4:8], "little")
    if flags:
        fresh = stored[8:16] == importlib.util.source_hash(text)
    else:
        status = source.stat()
        stamp = (int(status.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
        fresh = stored[8:16] == stamp + (len(text) & 0xFFFFFFFF).to_bytes(4, "little")
    return stored[HEADER_SIZE:] if fresh else None


def _compile(text: bytes, source: Path) -> bytes | None:
    """Compiles a source; None if that fails, as for templates and tests of syntax errors."""
    try:
        return marshal.dumps(compile(text, str(source), "exec", dont_inherit=True, optimize=0))
    except (SyntaxError, ValueError):
        return None


def _replace_path(code: bytes | None, base: Path) -> bytes | None:
    """Removes the build machine's path; the loader inserts the real path when it loads the module."""
    if code is None:
        return None
    path = str(base).encode()
    neutral = b"tf2exe".ljust(len(path), b"/")
    if len(neutral) != len(path):
        raise PackageError(
            "the path of the packages' folder is too short", str(base), "build in another folder"
        )
    return code.replace(path, neutral)
