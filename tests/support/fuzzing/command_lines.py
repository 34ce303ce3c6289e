"""Command lines of every option with valid and invalid values, and the files that they name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from fuzzing.seeds import seeds

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS: Final = (
    "1", "0", "-1", "5", "1000", "1001", "07", "+3", " 2 ", "1_0", "1e3", "2.0", "nan", "", "\u0663",
    "9" * 19, "9" * 5000,
)  # fmt: skip
FILES: Final = (
    "good.png", "bad.jpg", "empty.gif", "folder", "folder/", "none", "missing.png", "./good.png", "*.png",
    "[", "[!", "**", "**/*.webp", "*" * 20 + "x", "-", "--", "", ".", "..", "-dash.png", "new\nline.png",
    "\x1b[2J.png", "\u202egnp.png", "a\u0308.png", "\u00e4.png", "caf\udce9.png", "x" * 255, "x" * 5000,
    "/dev/null", "/dev/zero", "/proc/self/mem", "/", "labels.txt", "model.keras", "good.png/x", "loop",
)  # fmt: skip
OPTIONS: Final = (
    "--top", "--format", "--output", "--model", "--labels", "--batch-size", "--threads", "--self-test",
    "--version", "--help", "-h", "--top=3", "--format=csv", "--form", "--TOP", "-t", "--", "---", "--top=",
    "--format=\n", "--no-such", "-\u00e4",
)  # fmt: skip
# Surrogates only as Python decodes bytes that are not UTF-8, because a command line is bytes.
# No slash, so that output stays in the temporary folder and no pattern searches the disk.
BYTES: Final = st.binary(max_size=8).map(lambda some: os.fsdecode(some.translate(None, b"/\0")))
WORDS: Final = BYTES | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), max_size=12
)
VALUES: Final = {
    "--top": NUMBERS, "--batch-size": NUMBERS, "--threads": NUMBERS,
    "--format": ("text", "json", "jsonl", "csv", "", "JSON", "xml\n"),
    "--output": ("out", "folder", "folder/out", "none/out", "", "good.png", "link", "/dev/null",
        "/dev/full", "x" * 300, "-"),
    "--model": FILES, "--labels": FILES,
}  # fmt: skip
PAIRS: Final = st.sampled_from(list(VALUES)).flatmap(
    lambda option: st.tuples(st.just(option), st.sampled_from(VALUES[option]) | WORDS)
)
TOKENS: Final = (
    st.sampled_from(FILES).map(lambda name: (name,))
    | PAIRS
    | st.sampled_from(OPTIONS).map(lambda o: (o,))
    | WORDS.map(lambda w: (w,))
)
COMMAND_LINES: Final = st.lists(TOKENS, max_size=7).map(
    lambda tokens: [word for token in tokens for word in token]
)
INPUTS: Final = st.sampled_from((b"", b"no image", seeds()["png"]["RGB"]))
"""Bytes for standard input."""


def fill(folder: Path) -> None:
    """Creates the files that `FILES` names."""
    good = seeds()["png"]["RGB"]
    (folder / "folder").mkdir()
    for name in (
        "good.png",
        "-dash.png",
        "new\nline.png",
        "\u00e4.png",
        "caf\udce9.png",
        "folder/one.webp",
        "[x].png",
    ):
        (folder / name).write_bytes(good)
    (folder / "bad.jpg").write_bytes(good[:60])
    (folder / "empty.gif").touch()
    (folder / "labels.txt").write_text("\n".join(f"class {number}" for number in range(1000)))
    (folder / "model.keras").write_bytes(b"quick")
    (folder / "loop").symlink_to("loop")
    (folder / "link").symlink_to("written")
