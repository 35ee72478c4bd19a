"""Several at a time, in order, and nothing outlives a failure."""

from __future__ import annotations

import threading
import time

import pytest

from reconciler.compiler.together import together


def test_results_come_in_the_order_of_the_items_whatever_finishes_first() -> None:
    def nap(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    naps = [0.2, 0.0, 0.1, 0.0]
    assert together(nap, naps) == naps
    assert together(nap, []) == []


def test_no_more_than_the_workers_are_busy_and_all_of_them_are() -> None:
    busy, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.05)
        with lock:
            busy -= 1

    together(work, range(12), workers=3)
    assert most == 3


def test_what_the_work_raises_is_raised_and_the_rest_is_not_begun() -> None:
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.05)
        if number == 1:
            raise LookupError(number)

    with pytest.raises(LookupError):
        together(work, range(100), workers=2)
    time.sleep(0.2)
    assert len(begun) < 10


def test_an_interrupt_while_progress_is_told_begins_nothing_more() -> None:
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.05)

    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        together(work, range(100), workers=1, on_done=interrupted)
    time.sleep(0.3)
    assert len(begun) <= 3
