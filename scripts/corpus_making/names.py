"""File names that programs stumble over: what is in the file is always the same photograph."""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

from corpus_making.photographs import photograph, saved

if TYPE_CHECKING:
    from corpus_making.collection import Collection

LONGEST = 255
PLAIN = (
    "with space", " leading space", "trailing space ", "two  spaces", "single 'quote'", "it's", "comma, and",
    "semi;colon", "ampersand&", "dollar $HOME", "percent %s %n %d", "braces {} {0}", "back`tick`", "hash#tag",
    "exclamation!", "equals=sign", "at@sign", "plus+", "caret^", "tilde~", "(round)", "[square]", "[0-9]",
    "dots...", ".hidden", "upper CASE", "no-break\u00a0space", "zero\u200bwidth", "right-to-left \u202egnp",
    "emoji 😀", "family 👨‍👩‍👧", "中文", "日本語", "кириллица", "عربي", "ελληνικά", "mixed مرحبا 你好",
    "ﬁ ligature", "\ufeffmark", "\ufffd", "private \ue000", "last \U0010fffd",
)  # fmt: skip
POSIX_ONLY = (
    'double "quote"', "back\\slash", "pipe|", "less < more >", "colon:", "star*", "question?", "new\nline",
    "two\n\nlines", "tab\there", "return\rhere", "escape \x1b[31mred\x1b[0m", "bell\a", "delete\x7f",
    "one\x01", "null", "con", "trailing dot.", "-dash", "--option", "c1 \x85", "line \u2028 separator",
)  # fmt: skip
COMPOSED = ("é", "Ångström", "한글", "ñandú", "ồ")


def add(collection: Collection) -> None:
    """Adds a file for each name that this system can have."""
    content = saved(photograph("chelsea.png", 64), "JPEG")
    names = [*PLAIN, *(() if sys.platform == "win32" else POSIX_ONLY)]
    for number, name in enumerate(names):
        _add(collection, f"names/{name}.jpg", content, f"names/{number:02d} {name!r}")
    for number, name in enumerate(COMPOSED):
        for form in ("NFC", "NFD"):
            text = unicodedata.normalize(form, name)
            _add(collection, f"names/{form}/{text}.jpg", content, f"names/{form} {number}")
    _add(collection, "names/" + "l" * (LONGEST - 4) + ".jpg", content, "names/255 bytes")
    wide = "語" * ((LONGEST - 4) // 3)
    _add(collection, f"names/{wide}.jpg", content, "names/255 bytes of three each")
    _add(collection, "names/without ending", content, "names/without ending")
    _add(collection, "names/two.tar.jpg.JPEG", content, "names/two endings")
    _add(collection, "names/" + "/".join(["deep"] * 40) + "/photo.jpg", content, "names/40 folders deep")
    _add(collection, "names/" + "/".join(["w" * 200] * 12) + "/photo.jpg", content, "names/2400 characters")
    _add(collection, "-dash.jpg", content, "names/leading dash")
    _add(collection, "--format", content, "names/named as an option")
    _add(collection, "@photo.jpg", content, "names/leading at")
    _lines(collection, content)


def _add(collection: Collection, path: str, content: bytes, name: str) -> None:
    with suppress(OSError):  # not every file system takes every name
        collection.image(path, content, name=name)


def _lines(collection: Collection, content: bytes) -> None:
    """Names that are no text, which only a pattern or a folder can bring: a corpus file holds text."""
    collection.line("names/-dash.jpg as an option", "-dash.jpg")
    if sys.platform == "win32":
        return
    for number, name in enumerate((b"\xff.jpg", b"\xe9t\xe9.jpg", b"half \xe2\x82.jpg", b"\xed\xa0\x80.jpg")):
        with suppress(OSError):
            collection.file(os.fsdecode(b"no-text/%d " % number + name), content)
    for form in ("jsonl", "csv", "text"):
        collection.line(f"names/no text in a folder, {form}", "--format", form, "no-text")
    collection.line("names/no text by a pattern", "no-text/*.jpg", "--format", "json")
