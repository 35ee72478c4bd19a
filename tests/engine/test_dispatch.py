from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from reconciler.engine.auditing import audit_ledger
from reconciler.engine.drive import Drive
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.ledger import FILENAME
from reconciler.model import CatchUp, MissReason, OnInterrupt, OnOverlap, Pause, Retries, RunState
from tests.builders import entry, timing
from tests.engine.world import (
    NINE,
    Hand,
    World,
    changed,
    delete,
    minutely,
    rarely,
    retries,
    shell,
    spec,
    until,
    update,
)

LOG = 'echo "$RECONCILE_SCHEDULED_AT" >> log'


def started(world: World) -> list[str]:
    """Return what the jobs themselves wrote down: a record that owes nothing to the ledger."""
    log = world.project / "log"
    return log.read_text().split() if log.exists() else []


def test_a_due_time_becomes_one_run_with_its_output(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=shell(f"{LOG}; echo hello")))
        async with still.dispatching() as dispatcher:
            dispatcher.look(["tick"])
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            dispatcher.look(["tick"])
            await still.settled()
            dispatcher.look(["tick"])

    asyncio.run(scenario())
    (run,) = still.runs()
    assert (run.state, run.scheduled_at, run.exit_code, run.attempts) == (
        RunState.SUCCEEDED,
        NINE + timedelta(minutes=1),
        0,
        1,
    )
    assert still.output(run) == "hello\n"
    assert started(still) == ["2026-03-02T09:01:00Z"]
    assert still.published == [run]


def test_two_dispatchers_on_one_ledger_run_each_due_time_once(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(*(minutely(f"job{n}", shell(LOG)) for n in range(5)))
        ids = [f"job{n}" for n in range(5)]
        async with still.dispatching() as one, still.dispatching() as two:
            for minute in range(1, 5):
                hand.pass_(seconds=60)
                one.look(ids)
                two.look(ids)
                await asyncio.gather(one.take_waiting(), two.take_waiting())
                await until(lambda minute=minute: len(still.runs()) == 5 * minute)
                await still.settled()
                await until(lambda: one.running == two.running == 0)
                await asyncio.sleep(0.1)

    asyncio.run(scenario())
    assert len(still.runs()) == 20
    assert still.states() == ["succeeded"] * 20
    assert len(started(still)) == 20


def test_the_row_is_running_before_the_process_is_there(still: World, hand: Hand) -> None:
    script = 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT state FROM runs").fetchall())'

    async def scenario() -> None:
        still.hold(minutely(run=spec("python3", "-c", script, str(still.state / FILENAME))))
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await still.settled()

    asyncio.run(scenario())
    assert still.output(still.runs()[0]) == "[('running',)]\n"


async def _overlapping(world: World, hand: Hand, policy: OnOverlap) -> None:
    """Make two due times pass, the second while the run of the first waits for a file called `go`."""
    script = f"{LOG}; until [ -e go ]; do sleep 0.02; done"
    world.hold(minutely(run=shell(script, on_overlap=policy)))
    async with world.dispatching() as dispatcher:
        hand.pass_(seconds=60)
        dispatcher.look(["tick"])
        await until(lambda: len(started(world)) == 1)
        hand.pass_(seconds=60)
        dispatcher.look(["tick"])
        expected = {OnOverlap.SKIP: "overlap", OnOverlap.QUEUE: "waiting"}.get(policy, "running")
        await until(lambda: world.states()[1:] == [expected])
        if expected == "running":
            await until(lambda: len(started(world)) == 2)
        (world.project / "go").touch()
        await world.settled()


@pytest.mark.parametrize(
    ("policy", "states", "starts"),
    [
        ("skip", ["succeeded", "overlap"], 1),
        ("queue", ["succeeded", "succeeded"], 2),
        ("allow", ["succeeded", "succeeded"], 2),
        ("replace", ["interrupted", "succeeded"], 2),
    ],
)
def test_what_a_due_time_does_while_the_run_before_goes_on(
    still: World, hand: Hand, policy: str, states: list[str], starts: int
) -> None:
    asyncio.run(_overlapping(still, hand, OnOverlap(policy)))
    assert still.states() == states
    assert len(started(still)) == starts
    if policy == "replace":
        assert still.runs()[0].error == "replaced by the run due at 2026-03-02T09:02:00+00:00"


@pytest.mark.parametrize("policy", ["skip", "queue", "replace"])
def test_due_times_made_up_for_together_run_one_after_the_other(still: World, hand: Hand, policy: str) -> None:
    async def scenario() -> None:
        still.hold(
            minutely(
                run=shell(
                    f"[ -e busy ] && echo twice; touch busy; {LOG}; sleep 0.1; rm busy",
                    catch_up=CatchUp.ALL,
                    on_overlap=OnOverlap(policy),
                )
            )
        )
        hand.pass_(minutes=3)
        async with still.dispatching() as dispatcher:
            dispatcher.look(["tick"])
            await still.settled()

    asyncio.run(scenario())
    assert started(still) == [f"2026-03-02T09:0{minute}:00Z" for minute in (1, 2, 3)]
    assert [still.output(run) for run in still.runs()] == [""] * 3


def test_a_run_that_waits_longer_than_its_grace_is_missed_and_told_why(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        slow = shell("until [ -e go ]; do sleep 0.02; done", on_overlap=OnOverlap.QUEUE, grace=timedelta(minutes=5))
        still.hold(minutely("slow", slow), minutely("other", spec(grace=timedelta(minutes=5))))
        async with still.dispatching(slots=1) as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look(["slow"])
            await until(lambda: still.states("slow") == ["running"])
            dispatcher.look(["other"])
            await until(lambda: still.states("other") == ["waiting"])
            hand.pass_(seconds=60)
            dispatcher.look(["slow"])
            await until(lambda: len(still.runs()) == 3)
            hand.pass_(minutes=10)
            (still.project / "go").touch()
            await still.settled()

    asyncio.run(scenario())
    assert still.states("slow") == ["succeeded", "overlap"]
    assert still.states("other") == ["late"]


def test_no_more_processes_than_slots_at_a_time(still: World, hand: Hand) -> None:
    async def scenario() -> int:
        still.hold(*(minutely(f"job{n}", shell("sleep 0.1")) for n in range(9)))
        most = 0
        async with still.dispatching(slots=3) as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look([f"job{n}" for n in range(9)])
            while not still.runs() or not all(run.state.final for run in still.runs()):
                most = max(most, dispatcher.running)
                await asyncio.sleep(0.01)
        return most

    assert asyncio.run(scenario()) == 3
    assert still.states() == ["succeeded"] * 9


def test_what_comes_due_together_is_written_together_and_before_any_of_it_starts(still: World, hand: Hand) -> None:
    """Three hundred jobs in one second: all their rows in one transaction, and then a few runs a transaction."""
    statements: list[str] = []

    async def scenario() -> None:
        ids = [f"job-{number}" for number in range(300)]
        still.hold(*(minutely(id, shell("echo >> $RECONCILE_JOB_ID.log")) for id in ids))
        async with still.dispatching() as dispatcher:
            connection = dispatcher._writer._connection
            assert connection is not None
            connection.set_trace_callback(statements.append)
            hand.pass_(seconds=60)
            dispatcher.look(ids)
            await still.settled(60)
            await until(lambda: dispatcher.idle)

    asyncio.run(scenario())
    assert still.states() == ["succeeded"] * 300
    assert len(list(still.project.glob("*.log"))) == 300
    commits = [at for at, text in enumerate(statements) if text == "COMMIT"]
    inserts = [at for at, text in enumerate(statements) if text.startswith("INSERT INTO runs")]
    claims = [at for at, text in enumerate(statements) if text.startswith("UPDATE runs SET state = 'running'")]
    assert (len(inserts), len(claims)) == (300, 300)
    assert max(inserts) < commits[0] < min(claims)
    assert len(commits) < 300  # a claim and an end are two writes of each run


def test_an_error_of_ours_leaves_no_run_open(
    still: World, hand: Hand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> Drive:
        raise ZeroDivisionError

    async def scenario() -> None:
        still.hold(minutely())
        async with still.dispatching() as dispatcher:
            monkeypatch.setattr(Drive, "_settle", broken)
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await still.settled()
            monkeypatch.undo()
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await until(lambda: still.states()[1:] == ["succeeded"])

    asyncio.run(scenario())
    first = still.runs()[0]
    assert (first.state, first.error) == (
        RunState.INTERRUPTED,
        "an unexpected error of the scheduler ended it: ZeroDivisionError",
    )
    assert "ended in an unexpected error" in caplog.text


def test_a_failing_run_is_tried_again_after_a_pause_that_doubles(world: World) -> None:
    async def scenario() -> None:
        world.hold(rarely(run=shell("echo x >> tries; [ $(wc -l < tries) = 3 ]", retries=retries(5, milliseconds=100))))
        world.engine.request_run("tick")
        async with world.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await until(lambda: world.states() == ["succeeded"])

    asyncio.run(scenario())
    (run,) = world.runs()
    attempts = world.engine.attempts(run.id)
    assert (run.state, run.attempts) == (RunState.SUCCEEDED, 3)
    assert [(one.number, one.exit_code) for one in attempts] == [(1, 1), (2, 1), (3, 0)]
    pauses = [later.started_at - one.finished_at for one, later in pairwise(attempts)]
    assert pauses[0] >= timedelta(milliseconds=100)
    assert pauses[1] >= timedelta(milliseconds=200)


def test_a_run_fails_for_good_when_its_attempts_are_used_up(world: World) -> None:
    async def scenario() -> None:
        world.hold(rarely(run=shell("exit 4", retries=retries(2, milliseconds=10))))
        world.engine.request_run("tick")
        async with world.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await world.settled()

    asyncio.run(scenario())
    (run,) = world.runs()
    assert (run.state, run.attempts, run.exit_code, run.error) == (RunState.FAILED, 2, 4, None)


def test_no_attempt_crosses_the_next_due_time(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=shell("exit 4", retries=retries(3, seconds=60))))
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=61)
            dispatcher.look(["tick"])
            await still.settled()

    asyncio.run(scenario())
    (run,) = still.runs()
    assert (run.state, run.attempts) == (RunState.FAILED, 1)
    assert run.error == "not tried again, because the next due time comes first"


def test_an_attempt_that_a_downtime_delayed_beyond_the_next_due_time_is_not_made(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=shell("exit 4", retries=retries(3, seconds=20))))
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=61)
            dispatcher.look(["tick"])
            await until(lambda: still.states() == ["waiting"] and still.runs()[0].attempts == 1)
        hand.pass_(minutes=2)
        async with still.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await still.settled()

    asyncio.run(scenario())
    (run,) = still.runs()
    assert (run.state, run.attempts) == (RunState.FAILED, 1)
    assert run.error == "not tried again, because the next due time comes first"


def test_attempts_go_beyond_the_next_due_time_where_that_is_asked_for(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=shell("exit 4", retries=Retries(2, timedelta(seconds=60), past_next=True))))
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=61)
            dispatcher.look(["tick"])
            await until(lambda: still.states() == ["waiting"] and still.runs()[0].attempts == 1)
            hand.pass_(seconds=61)
            dispatcher.look(["tick"])
            await still.settled(60)

    asyncio.run(scenario())
    first, second = still.runs()
    assert (first.state, first.attempts) == (RunState.FAILED, 2)
    assert second.reason is MissReason.OVERLAP


@pytest.mark.parametrize(
    ("on_interrupt", "away", "states"),
    [
        (OnInterrupt.RECORD, 1, ["interrupted"]),
        (OnInterrupt.RERUN, 1, ["succeeded"]),
        (OnInterrupt.RERUN, 70, ["interrupted"]),  # later than its grace
    ],
)
def test_what_the_end_of_a_daemon_cut_short_runs_again_only_where_asked(
    still: World, hand: Hand, on_interrupt: OnInterrupt, away: int, states: list[str]
) -> None:
    once = "test -e mark && exit 0; touch mark; sleep 60"
    entry = minutely(run=shell(once, on_interrupt=on_interrupt, grace=timedelta(minutes=10)))

    async def scenario() -> None:
        still.hold(entry)
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=61)
            dispatcher.look(["tick"])
            await until((still.project / "mark").exists)
            await dispatcher.stop(timedelta(0))
        hand.pass_(minutes=away)
        async with still.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await still.settled()

    asyncio.run(scenario())
    assert still.states() == states
    first, *again = still.engine.attempts(still.runs()[0].id)
    assert first.error == "the daemon stopped"
    assert [attempt.exit_code for attempt in again] == ([0] if states == ["succeeded"] else [])


def test_attempts_go_on_where_they_were_after_a_restart(world: World) -> None:
    async def scenario() -> None:
        world.hold(rarely(run=shell("exit 4", retries=retries(3, milliseconds=400))))
        world.engine.request_run("tick")
        async with world.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await until(lambda: world.runs()[0].attempts == 1 and world.states() == ["waiting"])
        assert world.states() == ["waiting"]
        async with world.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await world.settled()

    asyncio.run(scenario())
    assert [one.number for one in world.engine.attempts(world.runs()[0].id)] == [1, 2, 3]


def test_a_timed_out_run_is_told_from_a_failed_one(world: World) -> None:
    async def scenario() -> None:
        world.hold(rarely(run=shell("sleep 9", timeout=timedelta(milliseconds=100))))
        world.engine.request_run("tick")
        async with world.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await world.settled()

    asyncio.run(scenario())
    (run,) = world.runs()
    assert (run.state, run.exit_code, run.signal, run.error) == (RunState.TIMED_OUT, None, 15, "the timeout ended it")


def test_jitter_delays_the_start_and_not_the_due_time(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=spec(jitter=timedelta(seconds=50))))
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await until(lambda: still.states() == ["waiting"])

    asyncio.run(scenario())
    (run,) = still.runs()
    assert run.scheduled_at == NINE + timedelta(minutes=1)
    assert run.started_at is None


def test_a_run_ends_under_the_entry_it_began_with_and_the_next_has_the_new_one(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        held = minutely(run=shell("until [ -e go ]; do sleep 0.02; done; echo old"))
        still.hold(held)
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await until(lambda: still.states() == ["running"])
            still.engine.apply([update(held, changed(held, command=("echo", "new")))], "r2")
            (still.project / "go").touch()
            await still.settled()
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await until(lambda: still.states() == ["succeeded"] * 2)

    asyncio.run(scenario())
    assert [still.output(run) for run in still.runs()] == ["old\n", "new\n"]


def test_a_job_removed_while_it_runs_ends_in_peace(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        held = minutely(run=shell("until [ -e go ]; do sleep 0.02; done"))
        still.hold(held)
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await until(lambda: still.states() == ["running"])
            still.engine.apply([delete(held)], "r2")
            (still.project / "go").touch()
            await still.settled()

    asyncio.run(scenario())
    assert still.states() == ["succeeded"]


def test_a_run_that_waits_while_its_job_is_paused_is_missed_but_a_manual_one_runs(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely("busy", shell("until [ -e go ]; do sleep 0.02; done")), minutely())
        async with still.dispatching(slots=1) as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look(["busy"])
            await until(lambda: still.states("busy") == ["running"])
            dispatcher.look(["tick"])
            await until(lambda: still.states("tick") == ["waiting"])
            still.engine.pause("tick", Pause("ann", hand.now))
            hand.pass_(seconds=1)
            still.engine.request_run("tick")
            await dispatcher.take_waiting()
            (still.project / "go").touch()
            await still.settled()

    asyncio.run(scenario())
    assert still.states("tick") == ["paused", "succeeded"]


def test_what_came_due_before_the_start_is_missed_because_of_the_downtime(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely())
        hand.pass_(minutes=5)
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=5)
            dispatcher.look(["tick"])
            await still.settled()

    asyncio.run(scenario())
    assert still.states() == ["downtime"] * 4 + ["succeeded"]


def test_a_job_that_is_paused_for_long_has_one_row_that_counts(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(paused=True))
        async with still.dispatching() as dispatcher:
            for expected in (10, 20, 30):
                hand.pass_(minutes=10)
                dispatcher.look(["tick"])
                await until(lambda expected=expected: [run.count for run in still.runs()] == [expected])

    asyncio.run(scenario())
    assert still.states() == ["paused"]
    assert still.runs()[0].last_scheduled_at == NINE + timedelta(minutes=30)


def test_a_clock_set_back_a_little_repeats_no_run(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=shell(LOG)))
        async with still.dispatching() as dispatcher:
            for step in (60, 60, -50, 10, 10, 30):
                hand.pass_(seconds=step)
                dispatcher.look(["tick"])
                await still.settled()
                await asyncio.sleep(0.05)

    asyncio.run(scenario())
    assert started(still) == [f"2026-03-02T09:0{minute}:00Z" for minute in (1, 2)]
    hand.pass_(seconds=60)


def test_a_clock_set_back_by_an_hour_repeats_what_follows_elapsed_time_and_no_fixed_time(
    still: World, hand: Hand
) -> None:
    """As cron does: nothing that is due each minute stands still for an hour, and nobody's report goes out twice."""

    async def scenario() -> None:
        log = LOG.replace("AT", "AT-$RECONCILE_JOB_ID")
        fixed = entry("fixed", timing=timing("UTC", hour="9,10", minute="30"), run=shell(log))
        still.hold(minutely("often", shell(log)), fixed)
        async with still.dispatching() as dispatcher:
            for step in (29 * 60, 60, 60, -3600, 3540, 60, 60, 3600):
                hand.pass_(seconds=step)
                dispatcher.look(["often", "fixed"])
                await until(lambda: dispatcher.idle)

    asyncio.run(scenario())
    log = started(still)
    assert [line for line in log if "fixed" in line] == ["2026-03-02T09:30:00Z-fixed", "2026-03-02T10:30:00Z-fixed"]
    often = [line[11:16] for line in log if "often" in line]
    assert often == ["09:29", "09:30", "09:31", "09:30", "09:31", "09:32", "10:32"]
    audit = audit_ledger(still.state)
    assert (audit.silent, audit.doubled) == (0, 0)


def test_a_clock_set_back_by_more_than_three_hours_was_wrong_and_all_runs_anew(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(entry("fixed", timing=timing("UTC", hour="12", minute="30"), run=shell(LOG)))
        async with still.dispatching() as dispatcher:
            for step in (3.5, 0.1, -3.5, 3.4):
                hand.pass_(hours=step)
                dispatcher.look(["fixed"])
                await until(lambda: dispatcher.idle)

    asyncio.run(scenario())
    assert started(still) == ["2026-03-02T12:30:00Z"] * 2
    assert [run.trigger for run in still.runs()] == ["ahead", "schedule"]


def test_a_row_for_many_due_times_is_divided_where_the_clock_is_set_back_to(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=spec(catch_up=CatchUp.SKIP, grace=timedelta(0))))
        hand.pass_(hours=5, seconds=30)
        async with still.dispatching() as dispatcher:
            dispatcher.look(["tick"])
            await until(lambda: dispatcher.idle)
            hand.pass_(hours=-2)
            dispatcher.look(["tick"])
            await until(lambda: dispatcher.idle)

    asyncio.run(scenario())
    first = still.runs()[0]
    assert (first.count, first.last_scheduled_at) == (180, NINE + timedelta(hours=3))


def test_a_clock_that_is_not_set_yet_starts_nothing(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=shell(LOG)))
        before, hand.now = hand.now, datetime(1970, 1, 1, tzinfo=UTC)
        async with still.dispatching() as dispatcher:
            for _ in range(3):
                hand.pass_(minutes=1)
                dispatcher.look(["tick"])
                await until(lambda: dispatcher.idle)
            assert still.runs() == []
            hand.now = before + timedelta(minutes=1)
            dispatcher.look(["tick"])
            await still.settled()

    asyncio.run(scenario())
    assert started(still) == ["2026-03-02T09:01:00Z"]


def test_a_clock_corrected_by_years_does_not_stop_the_jobs_until_then(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        hand.pass_(days=4000)
        still.hold(minutely(run=shell(LOG)))
        hand.pass_(days=-4000)
        async with still.dispatching() as dispatcher:
            dispatcher.look(["tick"])
            await asyncio.sleep(0.1)
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await still.settled()

    asyncio.run(scenario())
    assert started(still) == ["2026-03-02T09:01:00Z"]


def test_a_locked_store_starts_nothing_and_what_is_then_too_late_says_so(
    still: World, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.engine.dispatch._STORE_PAUSE", 0.05)

    async def scenario() -> None:
        still.hold(minutely("strict", shell(LOG, grace=timedelta(seconds=30))), minutely("patient", shell(LOG)))
        async with still.dispatching() as dispatcher:
            await dispatcher._writer.read(lambda c: c.execute("PRAGMA busy_timeout = 50"))
            with closing(sqlite3.connect(still.state / FILENAME, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                hand.pass_(seconds=60)
                dispatcher.look(["strict", "patient"])
                await until(lambda: dispatcher.store_error is not None)
                hand.pass_(seconds=50)
                assert started(still) == []
                other.execute("ROLLBACK")
            await still.settled()
            assert dispatcher.store_error is None

    asyncio.run(scenario())
    assert still.states("strict") == ["store"]
    assert still.states("patient") == ["succeeded"]


def test_an_unreadable_job_does_not_hold_up_the_others(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely("bad"), minutely("good"))
        with closing(sqlite3.connect(still.state / FILENAME)) as edit:
            edit.execute("UPDATE jobs SET entry = 'no JSON' WHERE id = 'bad'")
            edit.commit()
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look(["bad", "good"])
            await still.settled()

    asyncio.run(scenario())
    assert [(run.job_id, run.state) for run in still.runs()] == [("good", RunState.SUCCEEDED)]


def test_stopping_lets_a_short_run_end_and_interrupts_a_long_one(world: World) -> None:
    async def scenario() -> None:
        world.hold(rarely("short", shell("sleep 0.4")), rarely("long", shell("sleep 60")))
        for id in ("short", "long"):
            world.engine.request_run(id)
        async with world.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await until(lambda: world.states() == ["running"] * 2)
            await dispatcher.stop(timedelta(seconds=1))
            assert {run.job_id: run.state.value for run in world.runs()} == {
                "short": "succeeded",
                "long": "interrupted",
            }

    asyncio.run(scenario())
    assert world.runs("long")[0].error == "the daemon stopped"


def test_a_manual_run_waits_for_the_one_that_goes_on(world: World) -> None:
    async def scenario() -> None:
        world.hold(rarely(run=shell("until [ -e go ]; do sleep 0.02; done")))
        world.engine.request_run("tick")
        async with world.dispatching() as dispatcher:
            await dispatcher.take_waiting()
            await until(lambda: world.states() == ["running"])
            EmbeddedEngine(world.state).request_run("tick")
            await dispatcher.take_waiting()
            await asyncio.sleep(0.1)
            assert world.states() == ["running", "waiting"]
            (world.project / "go").touch()
            await world.settled()

    asyncio.run(scenario())
    assert world.states() == ["succeeded"] * 2


def test_a_new_timing_is_followed_from_when_it_was_applied(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        held = rarely()
        still.hold(held)
        hand.pass_(minutes=10)
        still.engine.apply([update(held, replace(held, timing=minutely().timing))], "r2")
        async with still.dispatching() as dispatcher:
            hand.pass_(minutes=1)
            dispatcher.look(["tick"])
            await still.settled()

    asyncio.run(scenario())
    assert [run.scheduled_at for run in still.runs()] == [NINE + timedelta(minutes=11)]


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        # the night in spring that has no 02:30, and the one in autumn that has two
        (datetime(2026, 3, 28, 12, tzinfo=UTC), ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
    ],
)
def test_a_nightly_job_runs_once_each_night_when_the_clocks_change(
    still: World, hand: Hand, begin: datetime, expected: list[str]
) -> None:
    async def scenario() -> None:
        hand.now = begin
        still.hold(entry("nightly", timing=timing("Europe/Berlin", hour="2", minute="30"), run=shell(LOG)))
        async with still.dispatching() as dispatcher:
            for _ in range(80):
                hand.pass_(minutes=30)
                dispatcher.look(["nightly"])
                await until(lambda: dispatcher.idle)
            await still.settled()

    asyncio.run(scenario())
    assert started(still) == expected
    assert still.states() == ["succeeded"] * 2


def test_a_full_disk_starts_nothing_and_work_goes_on_when_there_is_room(
    still: World, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.engine.dispatch._STORE_PAUSE", 0.05)

    def limit(connection: sqlite3.Connection, pages: int) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    async def scenario() -> None:
        held = [f"j{n}-{'x' * 90}" for n in range(200)]
        still.hold(*(minutely(id, shell(LOG)) for id in held))
        async with still.dispatching() as dispatcher:
            await dispatcher._writer.read(lambda c: limit(c, 1))
            hand.pass_(seconds=60)
            dispatcher.look(held)
            await until(lambda: dispatcher.store_error is not None)
            assert "full" in (dispatcher.store_error or "")
            assert (started(still), still.runs()) == ([], [])
            await dispatcher._writer.read(lambda c: limit(c, 1_000_000))
            await still.settled(60)

    asyncio.run(scenario())
    assert still.states() == ["succeeded"] * 200
    assert len(started(still)) == 200
