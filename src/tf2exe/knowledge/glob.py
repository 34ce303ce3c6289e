"""File patterns of `nuitka_options/`: ``*`` stays within a folder, ``**`` crosses folders."""

from __future__ import annotations

import re
from functools import cache


@cache
def translate(pattern: str) -> re.Pattern[str]:
    """The regular expression of a pattern; it matches complete relative paths with forward slashes."""
    pieces = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(pieces.get(token, re.escape(token)) for token in tokens) + r"\Z")


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern matches a relative path."""
    return translate(pattern).match(path) is not None
