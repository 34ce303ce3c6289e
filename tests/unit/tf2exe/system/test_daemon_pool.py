from __future__ import annotations

import subprocess
import sys
from functools import partial
from threading import Event

import pytest

from tf2exe.system.daemon_pool import DaemonThreadPool


def test_results_and_errors_come_back() -> None:
    with DaemonThreadPool(2) as pool:
        results = [pool.submit(partial(divmod, 10, number)) for number in (1, 2, 0)]
        assert [result.result() for result in results[:2]] == [(10, 0), (5, 0)]
        with pytest.raises(ZeroDivisionError):
            results[2].result()


def test_each_thread_begins_as_told() -> None:
    began: list[bool] = []
    with DaemonThreadPool(1, lambda: began.append(True)) as pool:
        assert pool.submit(lambda: list(began)).result() == [True]


def test_what_was_not_begun_when_the_context_ends_is_never_done() -> None:
    begun, go = Event(), Event()
    done: list[int] = []

    def wait() -> None:
        begun.set()
        assert go.wait(60)
        done.append(1)

    with DaemonThreadPool(1) as pool:
        first = pool.submit(wait)
        pool.submit(lambda: done.append(2))
        assert begun.wait(60)
    go.set()
    first.result()
    with DaemonThreadPool(1) as other:
        other.submit(lambda: None).result()
    assert done == [1]


def test_the_process_ends_whatever_is_being_done() -> None:
    code = (
        "import time, tf2exe.system.daemon_pool as b; b.DaemonThreadPool(2).submit(lambda: time.sleep(600))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
