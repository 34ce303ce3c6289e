from __future__ import annotations

import threading
import time

import pytest

from image_classifier.errors import ImageError
from image_classifier.read_ahead import read_ahead


def slow_first(item: int) -> int:
    time.sleep(0.05 if item % 4 == 0 else 0)
    if item == 5:
        raise ImageError("empty", "five")
    return item * 10


def test_order_and_errors() -> None:
    results = list(read_ahead(slow_first, range(12), ahead=6))
    assert [item for item, _ in results] == list(range(12))
    values = [value for _, value in results]
    assert isinstance(values[5], ImageError)
    assert values[:5] + values[6:] == [0, 10, 20, 30, 40, 60, 70, 80, 90, 100, 110]


def test_look_ahead_is_bounded() -> None:
    started = 0
    lock = threading.Lock()

    def count(_item: int) -> None:
        nonlocal started
        with lock:
            started += 1

    results = read_ahead(count, range(1000), ahead=4)
    for taken in range(1, 20):
        next(results)
        time.sleep(0.002)
        assert started <= taken + 4
    assert started >= 19


def test_other_errors_are_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(read_ahead(lambda x: 1 // x, [1, 0], ahead=2))
