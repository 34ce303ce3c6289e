"""What command lines and streams of a corpus Windows cannot have."""

from __future__ import annotations

import ntpath
import re
from typing import TYPE_CHECKING

from tf2exe.config.application import value_of

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_NAME = "Windows cannot have such a file name"
NO_STREAM = "Windows has no such stream"

IMPOSSIBLE = re.compile(r'[<>:"|\\\x00-\x1f]')
WILD = re.compile(r"[*?]")
"""In no name of a file, but in patterns."""
RESERVED = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)")
"""Devices, whatever follows the dot."""
ENDS = (".", " ")
"""What Windows drops at the end of a name."""
STREAMS = frozenset({"closed", "full-device"})
"""A program on Windows cannot get closed streams, and no device is always full."""


def refusal(words: Iterable[str], streams: Iterable[str]) -> str:
    """Why Windows cannot have a command line; empty: it can.

    Args:
        words: its arguments, and what else names files.
        streams: what the program gets as its standard streams.
    """
    if any(stream in STREAMS for stream in streams):
        return NO_STREAM
    texts = map(value_of, words)
    return NO_NAME if any(names_file(text) and not is_possible(text) for text in texts) else ""


def names_file(text: str) -> bool:
    """Whether a word looks like a path: it has folders or an ending."""
    return "/" in text or "." in text.strip(".")


def is_possible(path: str) -> bool:
    """Whether Windows can have files of this path or pattern, which has forward slashes."""
    parts = [part for part in ntpath.splitdrive(path)[1].split("/") if part not in ("", ".", "..")]
    return not any(IMPOSSIBLE.search(part) or RESERVED.match(part) or part.endswith(ENDS) for part in parts)
