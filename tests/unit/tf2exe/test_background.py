from __future__ import annotations

import subprocess
import sys
from functools import partial
from threading import Event

import pytest

from tf2exe.background import Background


def test_results_and_errors_come_back() -> None:
    with Background(2) as background:
        results = [background.submit(partial(divmod, 10, number)) for number in (1, 2, 0)]
        assert [result.result() for result in results[:2]] == [(10, 0), (5, 0)]
        with pytest.raises(ZeroDivisionError):
            results[2].result()


def test_each_thread_begins_as_told() -> None:
    began: list[bool] = []
    with Background(1, lambda: began.append(True)) as background:
        assert background.submit(lambda: list(began)).result() == [True]


def test_what_was_not_begun_when_the_context_ends_is_never_done() -> None:
    begun, go = Event(), Event()
    done: list[int] = []

    def wait() -> None:
        begun.set()
        assert go.wait(60)
        done.append(1)

    with Background(1) as background:
        first = background.submit(wait)
        background.submit(lambda: done.append(2))
        assert begun.wait(60)
    go.set()
    first.result()
    with Background(1) as other:
        other.submit(lambda: None).result()
    assert done == [1]


def test_the_process_ends_whatever_is_being_done() -> None:
    code = "import time, tf2exe.background as b; b.Background(2).submit(lambda: time.sleep(600))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
