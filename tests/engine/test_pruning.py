"""History within bounds, and an audit that stays clean."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.engine.auditing import audit_ledger
from reconciler.engine.ledger import ledger_path, open_ledger, transaction
from reconciler.engine.ledger_pruning import prune
from reconciler.engine.pruning import Pruner
from reconciler.engine.roster import Roster
from reconciler.engine.writer import Writer
from reconciler.model import CatchUp, History
from tests.engine.world import NINE, Hand, World, changed, delete, minutely, secondly, spec, until, update


async def pruned(world: World) -> int:
    writer, roster = Writer(world.state), Roster()
    await writer.open()
    try:
        await writer.read(roster.load)
        return await Pruner(writer, roster, world.now).prune()
    finally:
        await writer.close()


def lived(world: World, hand: Hand, minutes: int) -> None:
    """Let so many minutely runs pass."""

    async def scenario() -> None:
        async with world.dispatching() as dispatcher:
            for _ in range(minutes):
                hand.pass_(seconds=60)
                dispatcher.look(["tick"])
                await until(lambda: dispatcher.idle)

    asyncio.run(scenario())


def test_only_so_many_runs_are_kept_the_latest(still: World, hand: Hand) -> None:
    still.hold(minutely(run=spec(history=History(3))))
    lived(still, hand, 8)
    before = still.runs()
    assert asyncio.run(pruned(still)) == 5
    assert still.runs() == before[-3:]
    assert asyncio.run(pruned(still)) == 0
    assert audit_ledger(still.state).accounted == 3


def test_runs_are_kept_only_so_long_and_their_output_goes_with_them(still: World, hand: Hand) -> None:
    still.hold(minutely(run=spec("echo", "hello", history=History(age=timedelta(minutes=2)))))
    lived(still, hand, 5)
    assert asyncio.run(pruned(still)) == 3
    assert [run.scheduled_at for run in still.runs()] == [NINE + timedelta(minutes=m) for m in (4, 5)]
    with closing(sqlite3.connect(ledger_path(still.state))) as connection:
        assert connection.execute("SELECT count(*) FROM attempts").fetchone() == (2,)


def test_a_run_that_is_not_over_stays_with_all_that_came_after_it(still: World, hand: Hand) -> None:
    still.hold(minutely(run=spec("sh", "-c", "test -e go || sleep 9", history=History(1))))

    async def scenario() -> None:
        async with still.dispatching() as dispatcher:
            hand.pass_(seconds=60)
            dispatcher.look(["tick"])
            await until(lambda: still.states() == ["running"])
            (still.project / "go").touch()
            for _ in range(3):
                hand.pass_(seconds=60)
                dispatcher.look(["tick"])
                await until(lambda: len(still.runs()) == 1 + round((hand() - NINE) / timedelta(minutes=1)) - 1)
            assert await pruned(still) == 0
            dispatcher.hurry()

    asyncio.run(scenario())
    assert len(still.runs()) == 4


def test_the_runs_of_a_job_that_is_no_more_are_kept_by_the_default(still: World, hand: Hand) -> None:
    held = minutely(run=spec(history=History(1)))
    still.hold(held)
    lived(still, hand, 3)
    still.engine.apply([delete(held)], "r2")
    assert asyncio.run(pruned(still)) == 0
    hand.pass_(days=200)
    assert asyncio.run(pruned(still)) == 3
    assert still.runs() == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from(["look", "prune", "change"]), st.integers(1, 400)), max_size=12),
    runs=st.integers(1, 50),
    age=st.integers(1, 900),
)
def test_whatever_is_pruned_when_the_audit_is_clean(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], runs: int, age: int
) -> None:
    root = tmp_path_factory.mktemp("world")
    hand = Hand()
    world = World(root, now=hand)
    entry = secondly(run=spec(catch_up=CatchUp.SKIP, grace=timedelta(0)))
    world.hold(entry)
    for kind, seconds in steps:
        hand.pass_(seconds=seconds)
        if kind == "change":  # settles what was due, as missed rows and counted ones
            after = changed(entry, timeout=timedelta(seconds=seconds))
            after = minutely(run=after.run) if seconds % 2 else secondly(run=after.run)
            world.engine.apply([update(entry, after)], "r")
            entry = after
        elif kind == "prune":
            with closing(open_ledger(world.state)) as connection, transaction(connection):
                prune(connection, "tick", History(runs, timedelta(seconds=age)), hand())
        else:
            world.engine.resume("tick")  # settles too
        with closing(open_ledger(world.state)) as connection:  # nothing runs here: what waits is over
            connection.execute("UPDATE runs SET state = 'missed', reason = 'late' WHERE state = 'waiting'")
        audit = audit_ledger(world.state)
        assert audit.clean, audit.findings
