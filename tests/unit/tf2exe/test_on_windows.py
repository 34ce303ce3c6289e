from __future__ import annotations

import pytest

from tf2exe import on_windows

KEPT = ("kept", "kept")


@pytest.mark.parametrize(
    "word",
    [
        "photo.jpg",
        "a folder/ü ☕.jpg",
        "*.jpg",
        "line/*photo.?pg",
        "C:photo.jpg",
        "./a/../b.jpg",
        ".",
        "--top=3",
        "--out=b.png",
        "json\n",
        "--batch-size= ",
        " ",
        "console.jpg",
    ],
)
def test_what_windows_can_have(word: str) -> None:
    assert not on_windows.refusal([word], KEPT)


@pytest.mark.parametrize(
    "word",
    [
        'a/"b".jpg',
        "back\\slash.jpg",
        "colon:.jpg",
        "two\nlines.jpg",
        "a<b.jpg",
        "pipe|.jpg",
        "--out=a/b|c.png",
        "ends. /a.jpg",
        "dot./a.jpg",
        "NUL.jpg",
        "con.tar.gz",
        "com1.png",
    ],
)
def test_what_windows_cannot_have(word: str) -> None:
    assert on_windows.refusal(["fine.jpg", word], KEPT) == on_windows.NO_NAME


def test_streams() -> None:
    assert on_windows.refusal(["a.jpg"], ("closed", "kept")) == on_windows.NO_STREAM
    assert on_windows.refusal(["a.jpg"], ("kept", "full")) == on_windows.NO_STREAM
    assert on_windows.refusal(["a.jpg"], ("gone", "gone")) == ""
