"""Makes the places of the program itself read alike on both sides; everything else stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

DRIVE = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True)
class Places:
    """How the places of one side read in the common form.

    Attributes:
        paths: (path, common name), tried from the longest path to the shortest.
        names: what the program calls itself in usage lines.
        sourceless: common names of modules whose source does not travel.
    """

    paths: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    sourceless: tuple[str, ...]


def common_form(data: bytes, places: Places) -> str:
    """A stream with the program's own places named alike on both sides."""
    text = data.decode("utf-8", "surrogateescape")
    spelled = [(spelling, name) for path, name in places.paths for spelling in spellings(path)]
    for path, name in sorted(spelled, key=lambda pair: -len(pair[0])):
        text = text.replace(path, name)
    if places.names:
        text = _usage(text, "|".join(re.escape(name) for name in places.names))
    for module in places.sourceless:
        escaped = re.escape(module).replace("/", r"[/\\]")
        text = re.sub(
            rf'(?m)^(  File "{escaped}", line \d+.*\n)(?:    .*\n)+', r"\1", text
        )  # a frame, then its source line and the marks below it
        text = re.sub(rf"(?m)^({escaped}:\d+: \w+: .*\n)  .*\n", r"\1", text)
    return text


def spellings(path: str) -> tuple[str, ...]:
    """How a path may be written; on Windows also as in `repr`, JSON and addresses."""
    if not DRIVE.match(path):
        return (path,)
    plain = path.replace("/", "\\")
    return plain.replace("\\", "\\\\"), plain, plain.replace("\\", "/")


def _usage(text: str, names: str) -> str:
    """What argparse and click say of a program's name; argparse breaks and indents lines by its length."""

    def unwrapped(found: re.Match[str]) -> str:
        return f"{found[1]}: <program> {' '.join(found[2].split())}"

    text = re.sub(rf"(?m)^([Uu]sage): (?:{names})(?=\s|$)(.*(?:\n +\S.*)*)", unwrapped, text)
    text = re.sub(rf"(?m)^(?:{names})(?=: error: )", "<program>", text)
    return re.sub(rf"(?m)^(Try ')(?:{names})(?= )", r"\1<program>", text)
