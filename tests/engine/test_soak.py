"""Seven days in seconds: real processes, a real ledger, a clock moved by hand, and one random fault after another.

`python -m tests.soak` does it to a real daemon in real time.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from reconciler.engine.auditing import audit_ledger
from reconciler.engine.due import next_due
from reconciler.engine.ledger import ledger_path
from reconciler.engine.service import EngineService
from reconciler.model import CatchUp, LockEntry, MissReason, OnInterrupt, OnOverlap, Pause, RunState
from tests.builders import entry, timing
from tests.engine.world import Hand, World, changed, create, delete, retries, shell, until, update

START = datetime.fromisoformat("2026-03-24T00:00:00+00:00")  # with a change of the clock in Berlin
DAYS = 7
LOG = 'echo "$RECONCILE_JOB_ID $RECONCILE_SCHEDULED_AT $RECONCILE_RUN_ID" >> log; '


def jobs() -> list[LockEntry]:
    """Return one job of each temper."""
    hour = timedelta(hours=1)
    return [
        entry(
            "often",
            timing=timing("UTC", hour="*", minute="*/15"),
            run=shell(LOG, catch_up=CatchUp.ALL, grace=2 * hour, on_overlap=OnOverlap.QUEUE),
        ),
        entry(
            "hourly",
            timing=timing("Europe/Berlin", hour="*", minute="5"),
            run=shell(LOG + "sleep 0.2", on_interrupt=OnInterrupt.RERUN),
        ),
        entry("nightly", timing=timing("Europe/Berlin", hour="2", minute="30"), run=shell(LOG, grace=9 * hour)),
        entry(
            "shaky",
            timing=timing("Europe/Berlin", hour="*/2", minute="20"),
            run=shell(LOG + "exit 1", retries=retries(3, seconds=20), catch_up=CatchUp.SKIP, grace=timedelta(0)),
        ),
        entry("jittery", timing=timing("UTC", hour="*/3"), run=shell(LOG, jitter=timedelta(minutes=10))),
    ]


class Life:
    """A world in which time passes and things happen to the engine."""

    def __init__(self, world: World, hand: Hand, seed: int) -> None:
        self.world = world
        self.hand = hand
        self.chance = random.Random(seed)
        self.held = {one.id: one for one in jobs()}
        self.asleep = 0.0
        self.awake = 0.0
        self.happened: Counter[str] = Counter()
        world.hold(*self.held.values())

    async def start(self) -> None:
        self.service: EngineService = self.world.service(asleep=lambda: self.asleep, awake=lambda: self.awake)
        await self.service.start()

    async def pass_(self, span: timedelta) -> None:
        """Let time pass as it does: by leaps to what is due next, each of them looked at."""
        end = self.hand.now + span
        while self.hand.now < end:
            due = [at for job in self.service._roster.jobs.values() if (at := next_due(job, self.hand.now))]
            leap = min([end, *due]) - self.hand.now
            self.hand.now += leap
            self.awake += leap.total_seconds()
            await self.looked()

    async def looked(self) -> None:
        await self.service.refresh()
        self.service._clock.tick()
        self.service._dispatcher.look(self.service._roster.jobs)
        await until(lambda: self.service._dispatcher._accounting is None, 60)
        await asyncio.sleep(self.chance.choice([0, 0, 0.05]))

    # ------------------------------------------------------------ what can happen

    async def restart(self) -> None:
        await self.service.stop(timedelta(seconds=self.chance.choice([0, 1])))
        self.hand.now += timedelta(minutes=self.chance.choice([0, 1, 50, 400]))
        await self.start()

    async def killed(self) -> None:
        """End the engine as kill -9 does: nothing more is written, its processes live on."""
        service = self.service
        service._clock.stop()
        service._pruning.cancel()
        for task in (*service._dispatcher._tasks, service._dispatcher._accounting):
            if task is not None:
                task.cancel()
        await asyncio.sleep(0)
        await service._writer.close()
        service._lease.release()
        self.hand.now += timedelta(minutes=self.chance.choice([0, 3, 90]))
        await self.start()

    async def locked(self) -> None:
        with closing(sqlite3.connect(ledger_path(self.world.state), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.hand.now += timedelta(minutes=20)
            self.awake += 1200
            self.service._dispatcher.look(self.service._roster.jobs)
            await until(lambda: self.service._dispatcher.store_error is not None, 60)
        await until(lambda: self.service._dispatcher.store_error is None, 60)

    async def stepped(self) -> None:
        self.hand.now += timedelta(minutes=self.chance.choice([-200, -100, -30, -2, 3, 70, 300]))
        await self.looked()

    async def slept(self) -> None:
        hours = self.chance.choice([0.1, 2, 9])
        self.hand.now += timedelta(hours=hours)
        self.asleep += hours * 3600
        await self.looked()

    async def paused(self) -> None:
        id = self.chance.choice(sorted(self.held))
        self.world.engine.pause(id, Pause("a test", self.hand.now))
        await self.pass_(timedelta(hours=self.chance.choice([1, 5])))
        if id in self.held:
            self.world.engine.resume(id)

    async def applied(self) -> None:
        id = self.chance.choice(sorted(self.held))
        before = self.held[id]
        if self.chance.random() < 0.3:
            self.world.engine.apply([delete(before)], "gone")
            await self.pass_(timedelta(hours=2))
            self.world.engine.apply([create(before)], "back")
        else:
            after = changed(before, timeout=timedelta(seconds=self.chance.randint(5, 50)))
            self.world.engine.apply([update(before, after)], "changed")
            self.held[id] = after


@pytest.mark.nightly
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1])
def test_seven_days_of_faults_leave_nothing_silent_and_nothing_doubled(still: World, hand: Hand, seed: int) -> None:
    hand.now = START
    life = Life(still, hand, seed)
    faults = [life.restart, life.killed, life.locked, life.stepped, life.slept, life.paused, life.applied]
    weights = [3, 4, 1, 4, 3, 2, 3]

    async def scenario() -> None:
        await life.start()
        while hand.now < START + timedelta(days=DAYS):
            (fault,) = life.chance.choices(faults, weights)
            life.happened[fault.__name__] += 1
            await fault()
            audit = audit_ledger(still.state)
            assert audit.clean, (fault.__name__, audit.findings)
            await life.pass_(timedelta(minutes=life.chance.randint(5, 300)))
        await until(lambda: life.service._dispatcher.running == 0, 60)
        await life.service.stop(timedelta(seconds=5))

    asyncio.run(scenario())
    assert len(life.happened) == len(faults)
    audit = audit_ledger(still.state)
    assert (audit.silent, audit.doubled) == (0, 0)
    assert audit.accounted > DAYS * 24 * 4
    _started_once_each(still)


def _started_once_each(world: World) -> None:
    """Hold the ledger against what the processes wrote themselves: one start an attempt, none without a row."""
    runs = {run.id: run for run in world.engine.runs(limit=100_000)}
    starts = Counter(int(line.split()[2]) for line in (world.project / "log").read_text().splitlines())
    for id, count in starts.items():
        assert count <= runs[id].attempts, runs[id]
    by_due = Counter((run.job_id, run.scheduled_at) for run in runs.values() if run.trigger == "schedule")
    assert max(by_due.values()) == 1
    ended = [run for run in runs.values() if run.state in (RunState.SUCCEEDED, RunState.FAILED)]
    assert all(starts[run.id] == run.attempts for run in ended if run.state is RunState.SUCCEEDED)
    assert {run.reason for run in runs.values()} >= {MissReason.DOWNTIME, MissReason.CLOCK, MissReason.PAUSED}
