"""Work that waits, such as asking a server: several items at a time, the results in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def together(
    work: Callable[[T], R],
    items: Sequence[T],
    *,
    workers: int = 4,
    on_done: Callable[[int, int], None] | None = None,
) -> list[R]:
    """Return *work* of each item, in order, at most *workers* at a time; *on_done* is told how many of all are done.

    What *work* raises is raised here. The threads are daemons: an interrupt does not wait for them.
    """
    results: list[Future[R]] = [Future() for _ in items]
    waiting = iter(zip(items, results, strict=True))
    taking = threading.Lock()
    over = threading.Event()

    def drain() -> None:
        while not over.is_set():
            with taking:
                item, result = next(waiting, (None, None))
            if result is None:
                return
            try:
                result.set_result(work(item))  # type: ignore[arg-type]
            except BaseException as error:  # it belongs to the thread that waits for the result
                result.set_exception(error)

    try:
        for _ in range(min(workers, len(items))):
            threading.Thread(target=drain, daemon=True).start()
        for count, one in enumerate(as_completed(results), 1):
            one.result()
            if on_done is not None:
                on_done(count, len(results))
    finally:
        over.set()
    return [one.result() for one in results]
