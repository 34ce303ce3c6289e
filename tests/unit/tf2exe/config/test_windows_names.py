from __future__ import annotations

import pytest

from tf2exe.config import windows_names

CAPTURED = ("captured", "captured")


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
    assert not windows_names.unsupported_reason([word], CAPTURED)


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
    assert windows_names.unsupported_reason(["fine.jpg", word], CAPTURED) == windows_names.INVALID_NAME


def test_streams() -> None:
    assert (
        windows_names.unsupported_reason(["a.jpg"], ("closed", "captured"))
        == windows_names.UNSUPPORTED_STREAM
    )
    assert (
        windows_names.unsupported_reason(["a.jpg"], ("captured", "full-device"))
        == windows_names.UNSUPPORTED_STREAM
    )
    assert windows_names.unsupported_reason(["a.jpg"], ("broken-pipe", "broken-pipe")) == ""
