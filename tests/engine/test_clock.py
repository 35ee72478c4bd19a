from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from reconciler.engine import clock as clock_module
from reconciler.engine.clock import Clock, Clocks, seconds_asleep
from reconciler.engine.trigger import WallClockTrigger
from reconciler.model import Pause, Run, RunState
from tests.builders import entry, job, timing
from tests.engine.world import NINE, Hand, minutely, rarely, secondly, until


@dataclass
class Heard:
    due: list[str] = field(default_factory=list)
    steps: list[tuple[datetime, datetime]] = field(default_factory=list)
    naps: list[tuple[datetime, datetime]] = field(default_factory=list)
    beats: int = 0

    def beat(self) -> None:
        self.beats += 1


@asynccontextmanager
async def ticking(
    heard: Heard,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    awake: Callable[[], float] = time.monotonic,
    asleep: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[Clock]:
    clock = Clock(
        heard.due.append,
        lambda *nap: heard.naps.append(nap),
        lambda *step: heard.steps.append(step),
        heard.beat,
        clocks=Clocks(now, awake, asleep),
    )
    clock.start()
    try:
        yield clock
    finally:
        clock.stop()
        await asyncio.sleep(0)


def test_the_trigger_finds_what_stock_apscheduler_loses_in_spring() -> None:
    """Stock 3.11 finds 2026-03-16 here."""
    weekly = WallClockTrigger(job(entry(timing=timing("America/New_York", day_of_week="mon", hour="0"))))
    monday = datetime(2026, 3, 2, 5, tzinfo=UTC)
    assert weekly.get_next_fire_time(monday, monday) == datetime(2026, 3, 9, 4, tzinfo=UTC)


def test_the_trigger_runs_a_fixed_time_once_in_autumn() -> None:
    daily = WallClockTrigger(job(entry(timing=timing("Europe/Berlin", hour="2", minute="30"))))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert daily.get_next_fire_time(first, first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_the_trigger_crosses_a_long_suspend_in_one_step() -> None:
    every_second = WallClockTrigger(job(secondly()))
    assert every_second.get_next_fire_time(NINE, NINE + timedelta(days=365)) == NINE + timedelta(days=365, seconds=1)
    assert every_second.get_next_fire_time(None, NINE) == NINE + timedelta(seconds=1)


def test_a_due_job_is_called_once_a_due_time() -> None:
    async def scenario() -> None:
        heard = Heard()
        async with ticking(heard) as clock:
            clock.sync({"tick": job(secondly()), "tock": job(rarely("tock"))})
            began = time.time()
            await until(lambda: len(heard.due) >= 2)
            passed = time.time() - began
        assert set(heard.due) == {"tick"}
        assert len(heard.due) <= passed + 1

    asyncio.run(scenario())


def test_syncing_touches_only_what_differs() -> None:
    async def scenario() -> None:
        async with ticking(Heard()) as clock:
            same, other, gone = job(minutely("same")), job(minutely("other")), job(minutely("gone"))
            clock.sync({one.id: one for one in (same, other, gone)})
            touched: list[str] = []
            clock._scheduler.add_listener(
                lambda event: touched.append(f"{event.code} {event.job_id}"),
                clock_module.EVENT_JOB_EXECUTED | 0b111 << 9,  # added, removed, modified
            )
            clock.sync({"same": job(minutely("same")), "other": job(minutely("other", paused=True))})
            assert sorted(line.split()[1] for line in touched) == ["gone", "other"]
            assert clock.next_fires()["other"] is None
            assert clock.next_fires()["same"] is not None

    asyncio.run(scenario())


def test_a_paused_job_has_no_next_fire_until_its_pause_ends() -> None:
    async def scenario() -> None:
        async with ticking(Heard(), now=Hand()) as clock:
            pause = Pause("ann", NINE, until=NINE + timedelta(hours=2))
            clock.sync(
                {"a": job(minutely("a"), pause=replace(pause, until=None)), "b": job(minutely("b"), pause=pause)}
            )
            assert clock.next_fires() == {"a": None, "b": NINE + timedelta(hours=2)}

    asyncio.run(scenario())


def test_an_exception_does_not_stop_the_clock(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()

    def beat() -> None:
        heard.beats += 1
        if heard.beats == 2:
            raise RuntimeError("broken")

    async def scenario() -> None:
        clocks = Clocks(lambda: datetime.now(UTC), lambda: 0.0)
        clock = Clock(heard.due.append, lambda *_: None, lambda *_: None, beat, clocks=clocks)
        clock._seen = (datetime.now(UTC), 0.0)
        clock.start()
        clock.sync({"tick": job(secondly())})
        await until(lambda: heard.beats >= 3 and len(heard.due) >= 1)
        clock.stop()
        await asyncio.sleep(0)

    asyncio.run(scenario())
    assert "the clock stumbled" in caplog.text


def test_it_wakes_without_any_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "LONGEST_SLEEP", 0.1)

    async def scenario() -> None:
        heard = Heard()
        async with ticking(heard):
            await until(lambda: heard.beats >= 4)

    asyncio.run(scenario())


@pytest.mark.parametrize("step", [7200, -3600])
def test_a_step_of_the_wall_clock_is_noticed_and_every_job_aimed_anew(step: int) -> None:
    async def scenario() -> None:
        heard, hand, seconds = Heard(), Hand(), [0.0]
        async with ticking(heard, now=hand, awake=lambda: seconds[0]) as clock:
            clock.sync({"tick": job(minutely())})
            seconds[0] += 10
            hand.pass_(seconds=10.5)
            clock.tick()
            assert heard.steps == []
            seconds[0] += 10
            hand.pass_(seconds=10 + step)
            clock.tick()
            expected = NINE + timedelta(seconds=20.5)
            assert heard.steps == [(expected, expected + timedelta(seconds=step))]
            if step < 0:
                assert clock.next_fires() == {"tick": NINE - timedelta(minutes=59)}

    asyncio.run(scenario())


def test_a_suspend_is_told_from_a_step() -> None:
    async def scenario() -> None:
        heard, hand, awake, asleep = Heard(), Hand(), [0.0], [100.0]
        async with ticking(heard, now=hand, awake=lambda: awake[0], asleep=lambda: asleep[0]) as clock:
            awake[0] += 4
            asleep[0] += 8 * 3600
            hand.pass_(seconds=4, hours=8)
            clock.tick()
            assert heard.steps == []
            assert heard.naps == [(NINE, NINE + timedelta(hours=8, seconds=4))]
            asleep[0] += 3600  # and a clock that comes back an hour ahead
            hand.pass_(hours=2)
            clock.tick()
            woken = NINE + timedelta(hours=9, seconds=4)
            assert heard.naps[1:] == [(NINE + timedelta(hours=8, seconds=4), woken)]
            assert heard.steps == [(woken, woken + timedelta(hours=1))]

    asyncio.run(scenario())


def test_the_kernel_tells_how_long_the_machine_slept() -> None:
    def shown() -> float:
        return min(seconds_asleep() for _ in range(50))  # between its two readings the machine may be busy

    first = shown()
    time.sleep(0.1)
    assert -0.01 < shown() - first < 0.01  # nobody suspends a machine that runs tests


def test_every_run_that_ends_is_a_line_of_history(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def scenario() -> None:
        async with ticking(Heard()) as clock:
            clock.publish(Run(1, "tick", NINE, RunState.SUCCEEDED, attempts=2))
            clock.publish(Run(2, "tick", NINE, RunState.FAILED, error="could not start it"))

    asyncio.run(scenario())
    lines = [record for record in caplog.records if record.name == "reconciler.engine.clock"]
    assert [(line.levelname, line.getMessage()) for line in lines] == [
        ("INFO", "tick, due 2026-03-02 09:00:00Z: succeeded (attempt 2)"),
        ("WARNING", "tick, due 2026-03-02 09:00:00Z: failed (could not start it)"),
    ]


def test_what_the_scheduler_lost_is_found_and_put_back() -> None:
    heard = Heard()
    jobs = {one.id: job(one) for one in (secondly("lost"), secondly("kept"), minutely("paused", paused=True))}

    async def scenario() -> None:
        async with ticking(heard) as clock:
            clock.sync(jobs)
            clock._scheduler.remove_job("lost")
            assert clock.mend() == ["lost"]
            assert clock.mend() == []
            await until(lambda: "lost" in heard.due)

    asyncio.run(scenario())
