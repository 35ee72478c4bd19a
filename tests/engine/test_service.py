from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from reconciler.engine.lease import acquire, holder
from reconciler.engine.ledger import FILENAME, open_ledger
from reconciler.engine.service import EngineService
from reconciler.errors import AlreadyRunning, StoreFailed
from reconciler.model import CatchUp, MissReason, OnInterrupt, OnOverlap, Pause, RunState
from tests.engine.world import (
    NINE,
    Hand,
    World,
    create,
    delete,
    minutely,
    rarely,
    retries,
    secondly,
    shell,
    spec,
    until,
    update,
)

SERVE = """
import asyncio, sys, pathlib
from reconciler.engine.service import EngineService
async def main():
    service = EngineService(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    await service.start()
    print("up", flush=True)
    while True:
        await service.refresh()
        await asyncio.sleep(0.1)
asyncio.run(main())
"""


async def refreshed(service: EngineService, seconds: float) -> None:
    for _ in range(int(seconds * 10)):
        await service.refresh()
        await asyncio.sleep(0.1)


def daemon(world: World) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", SERVE, world.state, world.project], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.stdout.close()
    return process


def test_the_clock_runs_a_job_at_each_of_its_due_times(world: World) -> None:
    async def scenario() -> None:
        # what a slow machine makes late runs all the same
        world.hold(secondly(run=spec("date", catch_up=CatchUp.ALL, on_overlap=OnOverlap.ALLOW)))
        service = world.service()
        await service.start()
        await until(lambda: world.states().count("succeeded") >= 4)
        await service.stop(timedelta(seconds=20))

    asyncio.run(scenario())
    runs = world.runs()
    assert {later.scheduled_at - run.scheduled_at for run, later in pairwise(runs)} == {timedelta(seconds=1)}
    late = [run.started_at - run.scheduled_at for run in runs if run.started_at is not None]
    assert {run.state for run in runs[: len(late)]} == {RunState.SUCCEEDED}
    assert all(run.state is RunState.WAITING for run in runs[len(late) :]), "the end came before they began"
    assert timedelta(0) <= min(late) < timedelta(milliseconds=900)


def test_what_other_processes_change_is_taken_on_at_the_next_refresh(world: World) -> None:
    async def scenario() -> None:
        service = world.service()
        await service.start()
        assert service.next_fires() == {}
        held = rarely()
        world.hold(held)
        assert await service.refresh()
        assert not await service.refresh()
        (due,) = service.next_fires().values()
        assert due is not None
        world.engine.pause("tick", Pause("ann", datetime.now(UTC)))
        await service.refresh()
        assert service.next_fires() == {"tick": None}
        world.engine.resume("tick")
        await service.refresh()
        assert service.next_fires() == {"tick": due}
        world.engine.request_run("tick")
        await service.refresh()
        await until(lambda: world.states() == ["succeeded"])
        world.engine.apply([delete(held)], "r2")
        await service.refresh()
        assert service.next_fires() == {}
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())


def test_a_job_applied_just_before_its_due_time_runs_although_the_refresh_comes_after(world: World) -> None:
    async def scenario() -> None:
        service = world.service()
        await service.start()
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
        held = rarely()
        fields = {"hour": str(due.hour), "minute": str(due.minute), "second": str(due.second)}
        (cron,) = held.timing.rule
        world.hold(replace(held, timing=replace(held.timing, rule=(replace(cron, month="*", day="*", **fields),))))
        assert datetime.now(UTC) < due, "it has to be applied before"
        await asyncio.sleep((due - datetime.now(UTC)).total_seconds() + 0.2)
        await service.refresh()
        await until(lambda: world.states() == ["succeeded"])
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())


def test_a_killed_daemon_leaves_an_interrupted_run_and_nothing_is_lost_or_doubled(world: World) -> None:
    world.hold(secondly(run=shell("echo $RECONCILE_SCHEDULED_AT >> log; sleep 0.7")), rarely("long", shell("sleep 30")))
    world.engine.request_run("long")
    for _ in range(3):
        process = daemon(world)
        time.sleep(1.3)
        process.kill()
        process.wait()
        assert holder(world.state) is None

    async def last() -> None:
        service = world.service()
        await service.start()
        await refreshed(service, 1.5)
        await service.stop(timedelta(seconds=3))

    asyncio.run(last())
    (long,) = world.runs("long")
    assert long.state is RunState.INTERRUPTED
    assert re.fullmatch(
        r"the daemon ended while it ran; ended \d process(es)? it left behind: .*sleep.*", long.error or ""
    )
    runs = world.runs("tick")
    assert all(run.state.final for run in runs)
    starts = (world.project / "log").read_text().split()
    assert len(starts) == len(set(starts))
    due = [run.scheduled_at + timedelta(seconds=n) for run in runs for n in range(run.count)]
    assert due == [due[0] + timedelta(seconds=n) for n in range(len(due))]


def test_a_run_that_kills_its_daemon_is_run_once_more_and_not_for_ever(world: World) -> None:
    world.hold(rarely("deadly", shell("echo $RECONCILE_RUN_ID >> log; kill -9 $PPID", on_interrupt=OnInterrupt.RERUN)))
    world.engine.request_run("deadly")
    for _ in range(2):
        assert daemon(world).wait(60) == -9

    async def last() -> None:
        service = world.service()
        await service.start()
        await refreshed(service, 0.5)
        await service.stop(timedelta(seconds=3))

    asyncio.run(last())
    (run,) = world.runs("deadly")
    assert (run.state, run.attempts) == (RunState.INTERRUPTED, 2)
    assert (world.project / "log").read_text().split() == [str(run.id)] * 2
    assert [attempt.error for attempt in world.engine.attempts(run.id)] == ["the daemon ended while it ran"] * 2


def test_a_second_daemon_is_refused_at_once_and_told_the_pid_of_the_first(world: World) -> None:
    process = daemon(world)
    try:
        with pytest.raises(AlreadyRunning, match=f"pid {process.pid}"):
            asyncio.run(world.service().start())
        found = holder(world.state)
        assert found is not None
        assert found.pid == process.pid
    finally:
        process.kill()
        process.wait()
    acquire(world.state, datetime.now(UTC)).release()


def test_a_crashed_daemon_leaves_its_waiting_runs_to_the_next(world: World) -> None:
    world.hold(rarely(run=shell("exit 1", retries=retries(2, seconds=2))))
    world.engine.request_run("tick")
    process = daemon(world)
    deadline = time.monotonic() + 5
    while world.runs()[0].attempts == 0 or world.states() != ["waiting"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()

    async def last() -> None:
        service = world.service()
        await service.start()
        await world.settled()
        await service.stop(timedelta(seconds=1))

    asyncio.run(last())
    (run,) = world.runs()
    assert (run.state, run.attempts) == (RunState.FAILED, 2)


def test_stopping_leaves_no_run_in_state_running_and_no_process(world: World) -> None:
    async def scenario() -> float:
        world.hold(rarely(run=shell("trap '' TERM; echo $$ > pid; sleep 60")))
        world.engine.request_run("tick")
        service = world.service(kill_grace=timedelta(seconds=0.3))
        await service.start()
        await until((world.project / "pid").exists)
        assert service.running == 1
        began = time.monotonic()
        await service.stop(timedelta(seconds=0.3))
        return time.monotonic() - began

    assert 0.5 < asyncio.run(scenario()) < 30
    assert world.states() == ["interrupted"]
    pid = int((world.project / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIG_DFL)
    assert holder(world.state) is None


def test_a_locked_store_does_not_stop_the_clock(world: World) -> None:
    async def scenario() -> None:
        world.hold(secondly(run=shell("echo $RECONCILE_SCHEDULED_AT >> log")))
        service = world.service()
        await service.start()
        await service._writer.read(lambda c: c.execute("PRAGMA busy_timeout = 300"))
        await until(lambda: len(world.runs()) >= 1)
        ticks = []
        with closing(sqlite3.connect(world.state / FILENAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            deadline = time.monotonic() + 12
            while service.store_error is None and time.monotonic() < deadline:
                began = time.monotonic()
                await asyncio.sleep(0.25)
                ticks.append(time.monotonic() - began)
            assert service.store_error is not None
            await asyncio.sleep(1.5)
            other.execute("ROLLBACK")
        await until(lambda: service.store_error is None)
        before = len(world.runs())
        await until(lambda: len(world.runs()) >= before + 2)
        await service.stop(timedelta(seconds=2))
        assert sorted(ticks)[len(ticks) // 2] < 0.5, "the loop goes on while a thread waits for the store"

    asyncio.run(scenario())
    runs = world.runs()
    due = [run.scheduled_at + timedelta(seconds=n) for run in runs for n in range(run.count)]
    assert due == [due[0] + timedelta(seconds=n) for n in range(len(due))]
    starts = (world.project / "log").read_text().split()
    assert len(starts) == len(set(starts)) == world.states().count("succeeded")


def test_a_state_directory_that_cannot_be_used_is_refused_and_the_lease_given_back(world: World) -> None:
    with closing(open_ledger(world.state)) as ledger:
        ledger.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreFailed, match="format 99"):
        asyncio.run(world.service().start())
    assert holder(world.state) is None


def test_no_secret_of_the_daemon_reaches_a_job_or_the_ledger(world: World) -> None:
    async def scenario() -> None:
        world.hold(rarely(run=spec("env")))
        world.engine.request_run("tick")
        secret = {"OPENAI_API_KEY": "canary-key", "GITHUB_TOKEN": "canary-token", "PATH": os.environ["PATH"]}
        service = world.service(environment=secret)
        await service.start()
        await world.settled()
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())
    assert "RECONCILE_JOB_ID=tick" in world.output(world.runs()[0])
    for path in world.state.iterdir():
        assert b"canary" not in path.read_bytes()


def test_an_update_in_place_changes_the_next_due_time(world: World) -> None:
    async def scenario() -> None:
        held = rarely()
        world.hold(held, minutely("other"))
        service = world.service()
        await service.start()
        before = service.next_fires()
        world.engine.apply([update(held, replace(held, timing=minutely().timing)), create(rarely("more"))], "r2")
        await service.refresh()
        after = service.next_fires()
        assert after.keys() == {"tick", "other", "more"}
        assert after["tick"] == after["other"] == before["other"]
        assert after["more"] == before["tick"]
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())


def test_a_step_of_the_clock_over_due_times_is_recorded_as_such(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely())
        service = still.service()
        await service.start()
        hand.pass_(hours=2, seconds=5)
        service._clock.tick()
        await until(lambda: still.states()[-1:] == ["succeeded"])
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())
    missed, run = still.runs()
    assert (missed.reason, missed.count) == (MissReason.CLOCK, 119)
    assert run.scheduled_at == NINE + timedelta(hours=2)


@pytest.mark.parametrize(
    ("hours", "asleep", "reasons"),
    [
        (4, 0, [MissReason.CLOCK]),  # the clock was wrong: nothing was due in between
        (2, 0, [MissReason.CLOCK, None]),
        (4, 4, [MissReason.DOWNTIME, None]),  # the machine slept: the latest is caught up with
    ],
)
def test_what_a_forward_step_or_a_suspend_jumps_over(
    still: World, hand: Hand, hours: int, asleep: int, reasons: list[MissReason | None]
) -> None:
    slept = [0.0]

    async def scenario() -> None:
        still.hold(minutely(run=spec(grace=timedelta(hours=9))))
        service = still.service(asleep=lambda: slept[0])
        await service.start()
        hand.pass_(hours=hours, seconds=5)
        slept[0] += asleep * 3600
        service._clock.tick()
        await until(lambda: bool(still.runs()) and all(run.state.final for run in still.runs()))
        hand.pass_(seconds=60)  # and it goes on as ever
        service._dispatcher.look(["tick"])
        await until(lambda: still.states()[-1] == "succeeded" and service._dispatcher.idle)
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())
    assert [run.reason for run in still.runs()] == [*reasons, None]
    assert sum(run.count for run in still.runs()) == hours * 60 + 1


def test_hurrying_ends_what_runs_without_waiting_for_its_grace(world: World) -> None:
    async def scenario() -> float:
        world.hold(rarely(run=shell("touch begun; sleep 60")))
        world.engine.request_run("tick")
        service = world.service()
        await service.start()
        await until((world.project / "begun").exists)
        began = time.monotonic()
        stopping = asyncio.create_task(service.stop(timedelta(seconds=60)))
        await asyncio.sleep(0.1)
        service.hurry()
        await stopping
        return time.monotonic() - began

    assert asyncio.run(scenario()) < 30
    assert world.states() == ["interrupted"]


@pytest.mark.parametrize("moved", [True, False])
@pytest.mark.parametrize("script", ["echo $RECONCILE_SCHEDULED_AT >> log", "echo changed >> log"])
def test_what_was_due_before_a_change_and_not_yet_seen_runs_once(
    still: World, hand: Hand, script: str, moved: bool
) -> None:
    async def scenario() -> None:
        held = minutely(run=shell("echo $RECONCILE_SCHEDULED_AT >> log"))
        still.hold(held)
        service = still.service()
        await service.start()
        hand.pass_(seconds=60.5)
        timing = rarely().timing if moved else held.timing
        still.engine.apply([update(held, replace(held, timing=timing, run=shell(script), owner="ann"))], "r2")
        service._dispatcher.look(["tick"])
        await service.refresh()
        await still.settled()
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())
    assert [(run.scheduled_at, run.state) for run in still.runs()] == [
        (NINE + timedelta(minutes=1), RunState.SUCCEEDED)
    ]
    assert len((still.project / "log").read_text().splitlines()) == 1
