"""Reads images in threads, ahead of the model, in order and with bounded memory."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from image_classifier.errors import ImageError
from image_classifier.limits import MOST_THREADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Item = TypeVar("Item")
Result = TypeVar("Result")


def read_ahead(
    read: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[tuple[Item, Result | ImageError]]:
    """Applies a function to items in threads.

    Args:
        read: The function; an `ImageError` that it raises is a result.
        items: What it is applied to.
        ahead: How many results may wait, at most.

    Yields:
        Each item and its result, in the order of the items.
    """

    def attempt(item: Item) -> Result | ImageError:
        try:
            return read(item)
        except ImageError as error:
            return error

    waiting: deque[tuple[Item, Future[Result | ImageError]]] = deque()
    # Pillow decodes without the interpreter's lock, but each thread holds a decoded image.
    executor = ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="read-image")
    try:
        for item in items:
            waiting.append((item, executor.submit(attempt, item)))
            if len(waiting) > ahead:
                first, future = waiting.popleft()
                yield first, future.result()
        for item, future in waiting:
            yield item, future.result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
