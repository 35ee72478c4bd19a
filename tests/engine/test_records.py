"""What is remembered beside jobs and runs, and for how long."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import timedelta

from reconciler.engine.auditing import audit_ledger
from reconciler.engine.ledger import open_ledger, transaction
from reconciler.engine.ledger_following import MOST_EVENTS, MOST_REVISIONS, add_event
from reconciler.engine.pruning import Pruner
from reconciler.engine.records import Records
from reconciler.engine.roster import Roster
from reconciler.engine.writer import Writer
from reconciler.following import (
    KEPT,
    PATIENCE,
    Allowances,
    Answer,
    Condition,
    Event,
    Followed,
    Following,
    Order,
    Pin,
    Place,
    Progress,
)
from reconciler.model import Change, MissReason, Pause, Reason
from tests.engine.world import NINE, Hand, World, changed, create, delete, minutely, update

PLACE = Place("git", "https://host/repo", "main", "schedules")
ORDER = Order("a", NINE, "ann", Allowances(3, frozenset({"x"}), "4f2a", frozen=True))


def records(world: World) -> Records:
    return Records(world.state)


def pruned(world: World) -> None:
    async def scenario() -> None:
        writer, roster = Writer(world.state), Roster()
        await writer.open()
        await writer.read(roster.load)
        await Pruner(writer, roster, world.now).prune()
        await writer.close()

    asyncio.run(scenario())


def test_where_nothing_is_remembered_nothing_is_made(still: World) -> None:
    assert records(still).followed() == Followed()
    assert (records(still).events(), records(still).tombstones(), records(still).answered("a")) == ([], [], None)
    assert not still.state.exists()


def test_what_is_recorded_is_remembered_whole(still: World) -> None:
    following = Following(PLACE, "b", NINE, "broken", "a", "a", NINE, '{"when": []}')
    condition = Condition("Synced", "False", "Frozen", "held back", NINE)
    answer = Answer("a", "Synced", "2 jobs", 0, "b")
    records(still).ask(ORDER)
    pin = Pin("a" * 40, "ann", NINE, "trouble", NINE + timedelta(days=1))
    records(still).pin(pin, Event(NINE, "pinned", "held", actor="ann"))
    followed = records(still).followed()
    assert (followed.order, followed.pin) == (ORDER, pin)
    records(still).record(Progress(following, (condition,), (Event(NINE, "healed", "put back", "tick"),), answer))
    followed = records(still).followed()
    assert (followed.following, followed.conditions, followed.pin) == (following, {"Synced": condition}, pin)
    assert followed.order is None, "it is answered"
    assert records(still).answered("a") == answer
    assert records(still).answered("b") is None
    assert [(one.kind, one.job_id) for one in records(still).events()] == [("healed", "tick"), ("pinned", None)]
    assert [one.kind for one in records(still).events("tick")] == ["healed"]


def test_one_order_is_answered_before_the_next_is_taken(still: World) -> None:
    other = Order("b", NINE + timedelta(seconds=1), "bob")
    assert records(still).ask(ORDER)
    assert not records(still).ask(other)
    records(still).withdraw("b")
    assert records(still).followed().order == ORDER
    records(still).withdraw("a")
    assert records(still).ask(other)
    late = Order("c", other.at + PATIENCE + timedelta(seconds=1), "cem")
    assert records(still).ask(late), "nobody waits for the other any more"


def test_a_tombstone_is_gone_after_its_time_and_with_it_the_pause(still: World, hand: Hand) -> None:
    held = minutely()
    still.hold(held)
    still.engine.pause("tick", Pause("ann", hand.now))
    still.engine.apply([delete(held)], "r2")
    assert [one.id for one in records(still).tombstones()] == ["tick"]
    assert still.engine.observe().buried == {"tick"}
    hand.pass_(seconds=KEPT.total_seconds() - 1)
    pruned(still)
    assert records(still).tombstones()
    hand.pass_(seconds=1)
    pruned(still)
    assert records(still).tombstones() == []
    still.engine.apply([create(held)], "r3")
    assert still.engine.observe().jobs["tick"].pause is None


def test_a_pause_that_ended_meanwhile_does_not_return(still: World, hand: Hand) -> None:
    held = minutely()
    still.hold(held)
    still.engine.pause("tick", Pause("ann", hand.now, until=hand.now + timedelta(hours=1)))
    still.engine.apply([delete(held)], "r2")
    hand.pass_(hours=2)
    still.engine.apply([create(held, Reason.RESTORED)], "r3")
    assert still.engine.observe().jobs["tick"].pause is None
    assert records(still).tombstones() == []


def test_a_job_that_takes_the_name_of_one_removed_keeps_its_own_pause(still: World, hand: Hand) -> None:
    old, other = minutely("old"), minutely("other")
    still.hold(old, other)
    still.engine.pause("old", Pause("ann", hand.now, "of the old one"))
    still.engine.apply([delete(old)], "r2")
    renamed = changed(minutely("old", moved="other"))
    still.engine.apply([Change(update(other, renamed).action, "old", Reason.MOVED, other, renamed, "other")], "r3")
    assert still.engine.observe().jobs["old"].pause is None
    assert records(still).tombstones() == []


def test_events_and_revisions_are_bounded(still: World) -> None:
    still.hold(minutely())
    with closing(open_ledger(still.state)) as ledger, transaction(ledger):
        for _ in range(MOST_EVENTS + 5):
            add_event(ledger, Event(NINE, "kind", "message"))
        row = "INSERT INTO revisions (at, revision, digest, summary) VALUES (0, '', '', '')"
        ledger.executemany(row, [()] * (MOST_REVISIONS + 5))
    pruned(still)
    assert len(records(still).events(limit=2 * MOST_EVENTS)) == MOST_EVENTS
    kept = still.engine.revisions(limit=2 * MOST_REVISIONS)
    assert len(kept) == MOST_REVISIONS + 1
    assert kept[-1].number == 1, "what a job was applied with is kept"


def test_a_pause_in_git_that_ends_is_accounted_for(still: World, hand: Hand) -> None:
    end = NINE.replace(tzinfo=None) + timedelta(minutes=30)
    still.hold(minutely(paused=True, paused_until=end))
    hand.pass_(minutes=60, seconds=1)
    still.engine.pause("tick", Pause("ann", hand.now))
    first, *rest = still.runs()
    assert (first.reason, first.count, first.last_scheduled_at) == (MissReason.PAUSED, 29, NINE + timedelta(minutes=29))
    assert rest[0].scheduled_at == NINE + timedelta(minutes=30)
    assert MissReason.PAUSED not in {run.reason for run in rest}
    audit = audit_ledger(still.state)
    assert (audit.accounted, audit.clean) == (60, True)
