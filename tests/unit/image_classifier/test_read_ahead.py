from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from image_classifier.errors import ImageError
from image_classifier.read_ahead import read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_results_are_in_the_order_of_the_items_though_others_are_ready_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("image_classifier.read_ahead.os.cpu_count", lambda: 2)
    finished: list[int] = []
    second = threading.Event()

    def read(item: int) -> int:
        if item == 0:
            assert second.wait(60)
        finished.append(item)
        if item == 1:
            second.set()
        return item * 10

    assert list(read_ahead(read, range(12), ahead=6)) == [(item, item * 10) for item in range(12)]
    assert finished.index(1) < finished.index(0)


def test_an_image_error_is_the_result_of_its_item() -> None:
    error = ImageError("empty", "five")

    def read(item: int) -> int:
        if item == 5:
            raise error
        return item

    results = [result for _, result in read_ahead(read, range(12), ahead=6)]
    assert results == [*range(5), error, *range(6, 12)]


def test_no_more_items_are_taken_than_may_wait() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(30):
            taken += 1
            yield item

    results = read_ahead(lambda item: item, items(), ahead=4)
    assert [taken for _ in results] == [*range(5, 31), *[30] * 4]


def test_other_errors_are_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(read_ahead(lambda x: 1 // x, [1, 0], ahead=2))
