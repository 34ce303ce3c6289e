"""Gives paths and names of the program the same text on both sides; all other text is unchanged."""

from __future__ import annotations

import re
from dataclasses import dataclass

DRIVE = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True)
class Substitutions:
    """The text that one side has for paths and names of the program.

    Attributes:
        paths: (path, common name), replaced from the longest path to the shortest.
        names: the program's own names in usage lines.
        sourceless: common names of modules whose source is not bundled.
    """

    paths: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    sourceless: tuple[str, ...]


def normalize(data: bytes, substitutions: Substitutions) -> str:
    """A stream, in which paths and names of the program are replaced by their common names."""
    text = data.decode("utf-8", "surrogateescape")
    spelled = [(spelling, name) for path, name in substitutions.paths for spelling in path_spellings(path)]
    for path, name in sorted(spelled, key=lambda pair: -len(pair[0])):
        text = text.replace(path, name)
    if substitutions.names:
        text = _normalize_usage(text, "|".join(re.escape(name) for name in substitutions.names))
    for module in substitutions.sourceless:
        escaped = re.escape(module).replace("/", r"[/\\]")
        text = re.sub(
            rf'(?m)^(  File "{escaped}", line \d+.*\n)(?:    .*\n)+', r"\1", text
        )  # a frame, then its source line and the marks below it
        text = re.sub(rf"(?m)^({escaped}:\d+: \w+: .*\n)  .*\n", r"\1", text)
    return text


def path_spellings(path: str) -> tuple[str, ...]:
    """The ways to write a path; on Windows also those of `repr`, JSON and URLs."""
    if not DRIVE.match(path):
        return (path,)
    plain = path.replace("/", "\\")
    return plain.replace("\\", "\\\\"), plain, plain.replace("\\", "/")


def _normalize_usage(text: str, names: str) -> str:
    """Usage lines of argparse and click; argparse breaks and indents lines by the length of the name."""

    def unwrapped(found: re.Match[str]) -> str:
        return f"{found[1]}: <program> {' '.join(found[2].split())}"

    text = re.sub(rf"(?m)^([Uu]sage): (?:{names})(?=\s|$)(.*(?:\n +\S.*)*)", unwrapped, text)
    text = re.sub(rf"(?m)^(?:{names})(?=: error: )", "<program>", text)
    return re.sub(rf"(?m)^(Try ')(?:{names})(?= )", r"\1<program>", text)
