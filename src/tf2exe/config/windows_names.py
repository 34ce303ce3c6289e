"""File names and streams that are not possible on Windows."""

from __future__ import annotations

import ntpath
import re
from typing import TYPE_CHECKING

from tf2exe.config.application import path_in_argument

if TYPE_CHECKING:
    from collections.abc import Iterable

INVALID_NAME = "Windows cannot have such a file name"
UNSUPPORTED_STREAM = "Windows has no such stream"

INVALID_CHARACTERS = re.compile(r'[<>:"|\\\x00-\x1f]')
WILDCARDS = re.compile(r"[*?]")
"""Characters of patterns, which file names cannot have."""
RESERVED = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)")
"""Names of devices, with any suffix."""
DROPPED_ENDS = (".", " ")
"""Characters that Windows drops at the end of a name."""
UNSUPPORTED_STREAMS = frozenset({"closed", "full-device"})
"""Windows has no closed standard streams, and no device that is always full."""


def unsupported_reason(words: Iterable[str], streams: Iterable[str]) -> str:
    """Why a command line is not possible on Windows; empty: it is.

    Args:
        words: the arguments, and names of further files.
        streams: the kinds of the standard streams.
    """
    if any(stream in UNSUPPORTED_STREAMS for stream in streams):
        return UNSUPPORTED_STREAM
    texts = map(path_in_argument, words)
    return INVALID_NAME if any(looks_like_path(text) and not is_valid_path(text) for text in texts) else ""


def looks_like_path(text: str) -> bool:
    """Whether a word looks like a path: it has a folder or a suffix."""
    return "/" in text or "." in text.strip(".")


def is_valid_path(path: str) -> bool:
    """Whether a path or pattern with forward slashes is valid on Windows."""
    parts = [part for part in ntpath.splitdrive(path)[1].split("/") if part not in ("", ".", "..")]
    return not any(
        INVALID_CHARACTERS.search(part) or RESERVED.match(part) or part.endswith(DROPPED_ENDS)
        for part in parts
    )
