"""File patterns of `nuitka_options/`: ``*`` stays within a folder, ``**`` crosses folders."""

from __future__ import annotations

import re
from functools import cache


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression of a pattern, for whole relative paths with forward slashes."""
    pieces = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(pieces.get(token, re.escape(token)) for token in tokens) + r"\Z")


def matches(pattern: str, path: str) -> bool:
    """Whether a relative path falls under a pattern."""
    return compiled(pattern).match(path) is not None
