from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.engine.embedded import EmbeddedEngine
from reconciler.engine.ledger import FILENAME, open_ledger
from reconciler.errors import InvalidInput, StoreFailed
from reconciler.lockfile import checksum, lock_digest
from reconciler.model import Action, Change, Lock, Pause, Reason, RunState
from tests.builders import entry, timing
from tests.engine.world import NINE, Hand, World, changed, create, delete, minutely, update

PAUSE = Pause("ann", NINE, "holiday", NINE + timedelta(days=3))


def test_what_is_applied_is_what_is_observed(world: World) -> None:
    held = [minutely(), entry("db-backup", description="nightly", owner="data")]
    results = world.hold(*held)
    observed = world.engine.observe()
    assert [(result.id, result.action, result.error) for result in results] == [
        ("tick", Action.CREATE, None),
        ("db-backup", Action.CREATE, None),
    ]
    assert {id: job.entry for id, job in observed.jobs.items()} == {one.id: one for one in held}
    assert observed.applied == {one.id: checksum(one) for one in held}
    assert {id: job.checksum for id, job in observed.jobs.items()} == observed.applied
    assert {id: job.applied for id, job in observed.jobs.items()} == observed.applied


def test_a_revision_is_recorded_with_the_digest_of_the_lock(world: World) -> None:
    held = minutely()
    world.hold(held)
    (revision,) = world.engine.revisions()
    assert (revision.number, revision.revision, revision.summary) == (1, "r1", "1 create")
    assert revision.digest == lock_digest(Lock({held.id: held}))


def test_a_plan_without_changes_writes_nothing(world: World) -> None:
    held = minutely()
    world.hold(held)
    with closing(open_ledger(world.state)) as watcher:
        before = watcher.execute("PRAGMA data_version").fetchone()
        assert world.engine.apply([Change(Action.NOOP, held.id, Reason.UNCHANGED, held, held)], "r2") == ()
        assert world.engine.apply([], "r2") == ()
        assert watcher.execute("PRAGMA data_version").fetchone() == before


def test_a_plan_without_changes_makes_no_ledger(world: World) -> None:
    world.engine.apply([], "r1")
    assert not world.state.exists()


def test_an_update_keeps_pause_and_history(world: World) -> None:
    held = minutely()
    world.hold(held)
    world.engine.request_run("tick")
    world.engine.pause("tick", PAUSE)
    after = changed(held, command=("false",))
    assert world.engine.apply([update(held, after)], "r2")[0].error is None
    job = world.engine.observe().jobs["tick"]
    assert (job.entry, job.pause) == (after, PAUSE)
    assert len(world.runs()) == 1


def test_resuming_ends_the_pause_and_records_the_due_times_in_it(still: World, hand: Hand) -> None:
    still.hold(minutely())
    hand.pass_(seconds=90)
    still.engine.pause("tick", Pause("ann", hand.now))
    hand.pass_(minutes=10)
    still.engine.resume("tick")
    assert still.engine.observe().jobs["tick"].pause is None
    first, paused = still.runs()
    assert (first.state, first.scheduled_at) == (RunState.WAITING, NINE + timedelta(minutes=1))
    assert (still.states()[1], paused.count) == ("paused", 10)
    assert paused.last_scheduled_at == NINE + timedelta(minutes=11)


def test_a_new_timing_leaves_what_was_due_before_to_run(still: World, hand: Hand) -> None:
    held = minutely()
    still.hold(held)
    hand.pass_(seconds=61)
    still.engine.apply([update(held, replace(held, timing=timing("UTC", hour="3")))], "r2")
    (run,) = still.runs()
    assert (run.state, run.scheduled_at) == (RunState.WAITING, NINE + timedelta(minutes=1))


def test_a_deleted_job_keeps_its_history_and_what_waited_is_missed_as_removed(still: World, hand: Hand) -> None:
    held = minutely()
    still.hold(held)
    hand.pass_(seconds=61)
    still.engine.apply([delete(held)], "r2")
    observed = still.engine.observe()
    assert (observed.jobs, observed.applied) == ({}, {})
    assert still.states("tick") == ["removed"]


def test_a_moved_job_takes_its_runs_and_its_pause_along(still: World, hand: Hand) -> None:
    held = minutely("old")
    still.hold(held)
    hand.pass_(seconds=61)
    still.engine.pause("old", PAUSE)
    after = replace(held, id="new", moved="old")
    change = Change(Action.UPDATE, "new", Reason.MOVED, held, after, previous_id="old")
    assert still.engine.apply([change], "r2")[0].error is None
    observed = still.engine.observe()
    assert (observed.jobs.keys(), observed.applied) == ({"new"}, {"new": checksum(after)})
    assert observed.jobs["new"].pause == PAUSE
    assert [run.job_id for run in still.runs()] == ["new"]


def test_an_edit_behind_our_back_shows_in_the_checksum(world: World) -> None:
    held = minutely()
    world.hold(held)
    with closing(sqlite3.connect(world.state / FILENAME)) as other:
        other.execute("""UPDATE jobs SET entry = replace(entry, '"true"', '"false"')""")
        other.commit()
    job = world.engine.observe().jobs["tick"]
    assert job.entry.run.command == ("false",)
    assert job.checksum != job.applied == checksum(held)


@pytest.mark.parametrize("text", ["{}", "7", '{"id": "bad", "when": [], "run": 7}', '{"id":' + "[" * 100_000])
def test_an_unreadable_entry_is_left_out_and_can_be_put_right(world: World, text: str) -> None:
    held, other = minutely("bad"), minutely("good")
    world.hold(held, other)
    with closing(sqlite3.connect(world.state / FILENAME)) as edit:
        edit.execute("UPDATE jobs SET entry = ? WHERE id = 'bad'", (text,))
        edit.commit()
    observed = world.engine.observe()
    assert (observed.jobs.keys(), observed.applied.keys()) == ({"good"}, {"bad", "good"})
    assert world.engine.apply([create(held, Reason.MISSING)], "r2")[0].error is None
    assert world.engine.observe().jobs["bad"].entry == held


def test_a_plan_made_for_another_state_is_refused_whole(world: World) -> None:
    held, other = minutely("a"), minutely("b")
    world.hold(held)
    newer = changed(held, command=("false",))
    world.engine.apply([update(held, newer)], "r2")
    results = world.engine.apply([create(other), update(held, changed(held, command=("date",)))], "r3")
    assert [result.error for result in results] == [
        "not applied, because the plan is applied whole or not at all",
        "the job changed since the plan was made; plan again",
    ]
    assert {id: job.entry for id, job in world.engine.observe().jobs.items()} == {"a": newer}
    assert [revision.number for revision in world.engine.revisions()] == [2, 1]


def test_a_foreign_job_is_reported_and_only_taken_when_adopted(world: World) -> None:
    held = minutely()
    world.hold(held)
    with closing(sqlite3.connect(world.state / FILENAME)) as other:
        other.execute("UPDATE jobs SET owner = 'someone'")
        other.execute("DELETE FROM applied")
        other.commit()
    observed = world.engine.observe()
    assert (observed.jobs, observed.foreign) == ({}, {"tick"})
    assert world.hold(held)[0].error == "the job belongs to someone else"
    assert world.engine.apply([create(held, Reason.ADOPTED)], "r2")[0].error is None
    assert world.engine.observe().jobs.keys() == {"tick"}


@pytest.mark.parametrize("use", ["pause", "resume", "request_run"])
def test_an_unknown_job_cannot_be_operated_on(world: World, use: str) -> None:
    world.hold(minutely())
    arguments = ("tock", PAUSE) if use == "pause" else ("tock",)
    with pytest.raises(InvalidInput, match="no job 'tock'"):
        getattr(world.engine, use)(*arguments)


def test_runs_are_newest_first_and_filtered_by_job_state_and_number(still: World, hand: Hand) -> None:
    still.hold(minutely("a"), minutely("b"))
    for id in ("a", "b", "a"):
        still.engine.request_run(id)
        hand.pass_(seconds=1)
    assert [run.job_id for run in still.engine.runs()] == ["a", "b", "a"]
    assert [run.id for run in still.engine.runs("a")] == [3, 1]
    assert [run.id for run in still.engine.runs(limit=1)] == [3]
    assert still.engine.runs(states={RunState.FAILED}) == []
    assert still.engine.run(2) == still.engine.runs("b")[0] == still.engine.latest_runs()["b"]


def test_a_locked_ledger_is_a_store_failure_that_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.hold(minutely())
    monkeypatch.setattr("reconciler.engine.ledger.BUSY_SECONDS", 0.05)
    monkeypatch.setattr(open_ledger, "__kwdefaults__", {"busy_seconds": 0.05})
    with closing(sqlite3.connect(world.state / FILENAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="locked by another process"):
            EmbeddedEngine(world.state).resume("tick")
