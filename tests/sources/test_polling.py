"""When a branch is fetched: at its interval, later while it fails, sooner when somebody says so, never all the time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import HistoryRewritten, LockInvalid, ReconcileError, SourceFailed
from reconciler.model import Lock
from reconciler.sources.polling import Polling, pause
from reconciler.sources.protocol import Snapshot

FOUND = Snapshot(Lock({}), "a" * 40)
HOUR = timedelta(hours=1)


class Branch:
    """What a mirror is to the polling: something that takes its time and then has found something."""

    def __init__(self, *finds: Snapshot | ReconcileError) -> None:
        self._finds = list(finds)
        self._found: Snapshot | ReconcileError | None = None
        self.began: list[float] = []
        self.rewinds: list[str | None] = []
        self.open = Event()
        self.open.set()

    def fetch(self, followed: Callable[[], str | None], *, rewind: str | None = None) -> None:
        self.began.append(time.monotonic())
        self.rewinds.append(rewind)
        assert self.open.wait(60)
        self._found = self._finds.pop(0) if self._finds else FOUND

    def peek(self) -> Snapshot | ReconcileError | None:
        return self._found

    def cancel(self) -> None:
        self.open.set()


def polling(branch: Branch, interval: timedelta = HOUR) -> Polling:
    return Polling(branch, interval, followed=lambda: None, fetched=lambda: None)  # type: ignore[arg-type]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.01)


@given(st.floats(0.1, 3600), st.integers(0, 10_000), st.floats(0, 1))
def test_failures_make_it_ask_less_often_and_never_more_often(interval: float, failures: int, luck: float) -> None:
    found = pause(interval, failures, luck)
    assert interval <= found <= max(interval, 600) * 1.1 + 1e-6
    assert pause(interval, failures + 1, luck) >= found
    assert pause(interval, failures, 0) <= found <= pause(interval, failures, 1)


def test_hints_by_the_hundred_make_one_fetch_every_few_seconds() -> None:
    branch = Branch()

    async def scenario() -> None:
        living = asyncio.create_task((one := polling(branch)).live())
        while len(branch.began) < 2:
            one.hasten()
            await asyncio.sleep(0.01)
        living.cancel()

    asyncio.run(scenario())
    assert branch.began[1] - branch.began[0] > 4.9


def test_who_asks_gets_a_fetch_that_began_afterwards_at_once() -> None:
    branch = Branch()

    async def scenario() -> None:
        one = polling(branch)
        branch.open.clear()
        living = asyncio.create_task(one.live())
        await until(lambda: len(branch.began) == 1)
        asked = asyncio.create_task(one.fresh("4f2a"))
        await asyncio.sleep(0.05)
        branch.open.set()
        await asked
        assert len(branch.began) == 2, "the first began before anybody asked"
        await one.fresh(None)
        living.cancel()

    asyncio.run(scenario())
    assert branch.rewinds == [None, "4f2a", None], "what is allowed is allowed once"


@pytest.mark.parametrize(
    ("found", "failures"),
    [(SourceFailed("no route"), 1), (HistoryRewritten("no"), 0), (LockInvalid("torn"), 0), (FOUND, 0)],
)
def test_only_a_remote_that_cannot_be_read_is_asked_less_often(found: Snapshot | ReconcileError, failures: int) -> None:
    async def scenario() -> Polling:
        one = polling(Branch(found))
        living = asyncio.create_task(one.live())
        await one.fresh(None)
        living.cancel()
        return one

    assert asyncio.run(scenario()).failures == failures


def test_the_interval_is_kept() -> None:
    branch = Branch()

    async def scenario() -> None:
        living = asyncio.create_task(polling(branch, timedelta(seconds=0.2)).live())
        await until(lambda: len(branch.began) >= 4)
        living.cancel()

    asyncio.run(scenario())
    assert all(later - earlier >= 0.2 for earlier, later in zip(branch.began, branch.began[1:], strict=False))
