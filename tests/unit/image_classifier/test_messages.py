from __future__ import annotations

import io
from typing import TYPE_CHECKING

from image_classifier.messages import ERASE, Messages

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, images: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    messages = Messages("program", images)
    messages.progress(3)
    messages.image_error("a\nb", ValueError("no \x1b[31m colour"))
    messages.clear()
    return stream.getvalue()


ERROR = "program: error: a\\nb: no \\x1b[31m colour\n"


def test_progress_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), 100, monkeypatch) == ERROR


def test_progress_is_for_many_images(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), 3, monkeypatch) == ERROR


def test_progress_makes_room_for_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), 100, monkeypatch) == f"{ERASE}3 of 100 images{ERASE}{ERROR}{ERASE}"


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Terminal()
    closed.close()
    monkeypatch.setattr("sys.stderr", None)
    Messages("program", 100).error("unheard")
    monkeypatch.setattr("sys.stderr", io.StringIO())
    messages = Messages("program", 100)
    monkeypatch.setattr("sys.stderr", closed)
    messages.error("unheard")
    assert closed.closed
