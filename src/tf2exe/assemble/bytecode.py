"""Python modules as they are carried: the source, and bytecode that is never checked against it."""

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
"""The flags of a bytecode file (PEP 552) whose source is never looked at: one `stat` less per import."""

HEADER_SIZE = 16


@dataclass(frozen=True)
class Placed:
    """A module whose source is in its place.

    Attributes:
        is_complete: whether all the replacements were found.
        bytecode: what a bytecode file has; empty for files that are no modules.
    """

    is_complete: bool
    bytecode: bytes


def write(source: Path, target: Path, *, base: Path, replacements: tuple[SourcePatch, ...]) -> bool:
    """Writes a module, and its bytecode beside it.

    Returns:
        whether all the replacements were found; the arguments are those of :func:`place`.
    """
    placed = place(source, target, base=base, replacements=replacements)
    put_beside(target, placed.bytecode)
    return placed.is_complete


def put_beside(target: Path, bytecode: bytes) -> None:
    """Writes a module's bytecode to ``__pycache__`` beside it, if there is any."""
    if bytecode:
        # Not where PYTHONPYCACHEPREFIX may have this Python look.
        cached = target.parent / "__pycache__" / f"{target.stem}.{sys.implementation.cache_tag}.pyc"
        cached.parent.mkdir(exist_ok=True)
        cached.write_bytes(bytecode)


def place(source: Path, target: Path, *, base: Path, replacements: tuple[SourcePatch, ...]) -> Placed:
    """Writes a module's source, and makes its bytecode.

    Args:
        source: the installed module.
        target: where its source goes.
        base: the folder whose path must not be seen in the bytecode.
        replacements: texts that must read otherwise in an executable.
    """
    text = source.read_bytes()
    complete = True
    for replacement in replacements:
        changed = replacement.apply(text)
        complete = complete and changed is not None
        text = text if changed is None else changed
    code = None if replacements else _installed(source, text)
    if code is None:
        code = _compile(text, source)
    code = _without_path(code, base)
    header = (
        importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little") + importlib.util.source_hash(text)
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text)
    return Placed(complete, header + code if code else b"")


def _installed(source: Path, text: bytes) -> bytes | None:
    """The code in the bytecode that the installer wrote, if it belongs to this source."""
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
    """None for files that are no modules, such as templates and tests of syntax errors."""
    try:
        return marshal.dumps(compile(text, str(source), "exec", dont_inherit=True, optimize=0))
    except (SyntaxError, ValueError):
        return None


def _without_path(code: bytes | None, base: Path) -> bytes | None:
    """Hides the build machine's folders; the loader puts the real path in when it loads the module."""
    if code is None:
        return None
    path = str(base).encode()
    neutral = b"tf2exe".ljust(len(path), b"/")
    if len(neutral) != len(path):
        raise PackageError(
            "the path of the packages' folder is too short", str(base), "build in another folder"
        )
    return code.replace(path, neutral)
